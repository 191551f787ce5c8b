// Plane waves with exact fractional delays: the azimuth comes back.

#include <gmock/gmock.h>

#include <tuple>

#include "locate/event_locator.h"
#include "locate/locator.h"
#include "scenes.h"

using namespace earshot;
using namespace earshot::locate;
using namespace earshot::testing_scenes;

namespace {

constexpr int kRate = 16000;

std::optional<Position> locate(const std::vector<float>& samples, const ArrayGeometry& geometry,
                               FinderSettings settings = {}, int rate_hz = kRate) {
    EventLocator locator(geometry, rate_hz, geometry.channels, settings);
    locator.add(0.15, 1.5);
    std::optional<Position> found;
    const EventLocator::Sink sink = [&](std::size_t, const std::optional<Position>& position) {
        found = position;
    };
    locator.push(samples, sink);
    locator.finish(sink);
    return found;
}

struct Case {
    const char* name;
    ArrayGeometry geometry;
    Method method;
};

class PlaneWave : public testing::TestWithParam<std::tuple<Case, int>> {};

TEST_P(PlaneWave, ComesBackWithinHalfADegreeAt20dB) {
    const auto& [which, azimuth] = GetParam();
    auto samples = silence(which.geometry, 1.6, kRate);
    add_sound(samples, which.geometry, kRate, Sound(static_cast<unsigned>(azimuth), 200, 7500),
              plane_wave(azimuth));
    add_noise(samples, 20, static_cast<unsigned>(azimuth));
    FinderSettings settings;
    settings.method = which.method;
    const auto found = locate(samples, which.geometry, settings);
    ASSERT_TRUE(found);
    EXPECT_NEAR(wrap_180(found->fix.azimuth_deg - azimuth), 0, 0.5);
    EXPECT_FALSE(found->ambiguous);
    EXPECT_GT(found->confidence, 0.5);
}

INSTANTIATE_TEST_SUITE_P(AllAround, PlaneWave,
                         testing::Combine(testing::Values(Case{"srp", one_square(), Method::srp},
                                                          Case{"music", one_square(), Method::music},
                                                          Case{"gcc", one_square(), Method::gcc},
                                                          Case{"head", two_squares(), Method::srp},
                                                          Case{"small", one_square(0.032), Method::srp}),
                                          testing::Values(0, 17, 90, 133, 180, 211, 270, 358)),
                         [](const auto& test) {
                             return std::string(std::get<0>(test.param).name) +
                                    std::to_string(std::get<1>(test.param));
                         });

TEST(Direction, WorksAtOtherRates) {
    for (const int rate : {8000, 22050, 44100, 48000}) {
        const auto geometry = one_square();
        auto samples = silence(geometry, 1.6, rate);
        add_sound(samples, geometry, rate, Sound(5, 200, 3500, 60), plane_wave(291.3));
        add_noise(samples, 20);
        const auto found = locate(samples, geometry, {}, rate);
        ASSERT_TRUE(found) << rate;
        EXPECT_NEAR(found->fix.azimuth_deg, 291.3, 0.5) << rate;
    }
}

TEST(Direction, OfALineIsAheadAndAmbiguous) {
    const auto geometry = line();
    for (const double azimuth : {40.0, 140.0}) {  // each other's mirror image
        auto samples = silence(geometry, 1.6, kRate);
        add_sound(samples, geometry, kRate, Sound(3, 200, 7500), plane_wave(azimuth));
        add_noise(samples, 20);
        const auto found = locate(samples, geometry);
        ASSERT_TRUE(found);
        EXPECT_TRUE(found->ambiguous);
        EXPECT_NEAR(found->fix.azimuth_deg, 40, 0.5);
    }
}

TEST(Direction, HasAnElevationWhenAskedFor) {
    auto geometry = one_square();
    geometry.arrays[0].mics.emplace_back(0, 0, 0.05);
    geometry.arrays[0].channels.push_back(4);
    geometry.channels = 5;
    FinderSettings settings;
    settings.elevation = true;
    for (const double elevation : {-35.0, 0.0, 50.0}) {
        auto samples = silence(geometry, 1.6, kRate);
        add_sound(samples, geometry, kRate, Sound(3, 200, 7500), plane_wave(123, elevation));
        add_noise(samples, 20);
        const auto found = locate(samples, geometry, settings);
        ASSERT_TRUE(found && found->fix.elevation_deg);
        EXPECT_NEAR(found->fix.azimuth_deg, 123, 0.5);
        EXPECT_NEAR(*found->fix.elevation_deg, elevation, 1.0);
    }
}

TEST(Direction, OfTwoSoundsAtOnceIsTwo) {
    const auto geometry = one_square();
    auto samples = silence(geometry, 1.6, kRate);
    add_sound(samples, geometry, kRate, Sound(3, 200, 7500, 200), plane_wave(60));
    add_sound(samples, geometry, kRate, Sound(4, 200, 7500, 200), plane_wave(200));
    add_noise(samples, 20);
    const FrameGrid grid(kRate);
    SoundField field(geometry, grid, 4);
    std::vector<CrossSpectra> spectra{CrossSpectra(geometry.arrays[0], grid.bins)};
    field.push(samples, [&](const FieldFrame& frame) { spectra[0].add(frame.mics, frame.weights[0]); });
    for (const auto& [method, sources] : {std::pair{Method::srp, 4}, {Method::music, 2}}) {
        FinderSettings settings;
        settings.method = method;
        settings.max_sources = sources;
        const auto found = DirectionFinder(geometry, grid, settings).find(spectra);
        ASSERT_EQ(found.size(), 2U) << sources;
        const double first = found[0][0].azimuth_deg, second = found[1][0].azimuth_deg;
        EXPECT_NEAR(std::min(first, second), 60, 2) << sources;
        EXPECT_NEAR(std::max(first, second), 200, 2) << sources;
    }
}

TEST(Direction, OfASourceNearTwoArraysHasADistance) {
    const auto geometry = two_squares();
    for (const double azimuth : {0.0, 30.0, 150.0, 200.0}) {
        auto samples = silence(geometry, 1.6, kRate);
        add_sound(samples, geometry, kRate, Sound(3, 200, 7500), source_at(towards(azimuth) * 0.8));
        add_noise(samples, 20);
        const auto found = locate(samples, geometry);
        ASSERT_TRUE(found);
        EXPECT_NEAR(wrap_180(found->fix.azimuth_deg - azimuth), 0, 1);
        EXPECT_NEAR(1 / found->fix.inverse_m, 0.8, 0.1) << azimuth;
    }
}

TEST(Direction, OfSilenceOrNoiseIsNone) {
    const auto geometry = two_squares();
    for (const bool noisy : {false, true}) {
        auto samples = silence(geometry, 3, kRate);
        if (noisy) add_noise(samples, 0);
        Locator locator(geometry, kRate, 8, {}, 10);
        int updates = 0, active = 0, heard = 0;
        const Locator::Sink sink = [&](const Update& update) {
            ++updates, active += update.active, heard += update.position.has_value();
        };
        locator.push(samples, sink);
        locator.finish(sink);
        EXPECT_EQ(updates, 30);
        EXPECT_EQ(active, 0) << noisy;
        EXPECT_EQ(heard, 0) << noisy;
    }
}

TEST(Locator, SaysTheSameHoweverTheStreamIsCut) {
    const auto geometry = one_square();
    auto samples = silence(geometry, 1.6, kRate);
    add_sound(samples, geometry, kRate, Sound(3, 200, 7500), plane_wave(60));
    add_noise(samples, 20);
    const auto all = [&](std::size_t piece) {
        Locator locator(geometry, kRate, 4, {}, 10);
        std::vector<std::tuple<double, bool, double>> said;
        const Locator::Sink sink = [&](const Update& update) {
            said.emplace_back(update.offset_s, update.active,
                              update.position ? update.position->fix.azimuth_deg : -1);
        };
        for (std::size_t at = 0; at < samples.size(); at += 4 * piece)
            locator.push(std::span(samples).subspan(at, std::min(4 * piece, samples.size() - at)), sink);
        locator.finish(sink);
        return said;
    };
    const auto whole = all(samples.size());
    EXPECT_GT(whole.size(), 14U);
    EXPECT_EQ(whole, all(1));
    EXPECT_EQ(whole, all(1009));
}

}  // namespace
