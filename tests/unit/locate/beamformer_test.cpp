#include "locate/beamformer.h"

#include <gmock/gmock.h>

#include <numeric>

#include "scenes.h"

using namespace earshot;
using namespace earshot::locate;
using namespace earshot::testing_scenes;

namespace {

constexpr int kRate = 16000;

std::vector<float> listen(const std::vector<float>& samples, const ArrayGeometry& geometry, double azimuth,
                          Beam beam, std::size_t piece = 4096) {
    Beamformer former(geometry, kRate, geometry.channels, kSpeed, towards(azimuth), beam);
    std::vector<float> heard;
    const Beamformer::Sink sink = [&](std::span<const float> mono) {
        heard.insert(heard.end(), mono.begin(), mono.end());
    };
    const auto step = piece * static_cast<std::size_t>(geometry.channels);
    for (std::size_t at = 0; at < samples.size(); at += step)
        former.push(std::span(samples).subspan(at, std::min(step, samples.size() - at)), sink);
    former.finish(sink);
    return heard;
}

double power(const std::vector<float>& samples) {
    return std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0) /
           static_cast<double>(samples.size());
}

class Beams : public testing::TestWithParam<Beam> {};

TEST_P(Beams, LetASoundFromThereThroughAsItIs) {
    const auto geometry = two_squares();
    const Sound sound(3, 200, 7000);
    auto samples = silence(geometry, 1.5, kRate);
    add_sound(samples, geometry, kRate, sound, plane_wave(70));
    const auto heard = listen(samples, geometry, 70, GetParam());
    ASSERT_EQ(heard.size(), samples.size() / 8);
    double error = 0, all = 0;
    for (std::size_t n = 0; n < heard.size(); ++n) {
        const double wanted = 0.2 * sound.at(static_cast<double>(n) / kRate);  // at the origin
        error += std::pow(heard[n] - wanted, 2);
        all += wanted * wanted;
    }
    EXPECT_LT(std::sqrt(error / all), 0.02);
    EXPECT_EQ(heard, listen(samples, geometry, 70, GetParam(), 77)) << "however the stream is cut";
}

TEST_P(Beams, AreFainterElsewhere) {
    const auto geometry = two_squares();
    auto samples = silence(geometry, 1.5, kRate);
    add_sound(samples, geometry, kRate, Sound(3, 800, 7000), plane_wave(250));
    EXPECT_LT(power(listen(samples, geometry, 70, GetParam())),
              0.25 * power(listen(samples, geometry, 250, GetParam())));
}

INSTANTIATE_TEST_SUITE_P(Both, Beams, testing::Values(Beam::das, Beam::mvdr));

TEST(Mvdr, BeatsDelayAndSumAtLowFrequencies) {
    const auto geometry = two_squares();
    auto samples = silence(geometry, 1.5, kRate);
    add_sound(samples, geometry, kRate, Sound(3, 200, 800), plane_wave(250));
    EXPECT_LT(power(listen(samples, geometry, 70, Beam::mvdr)),
              0.3 * power(listen(samples, geometry, 70, Beam::das)));
}

TEST(Beamformer, GivesBackAsMuchAsItTook) {
    const auto geometry = one_square();
    for (const std::size_t frames : {0U, 1U, 255U, 256U, 257U, 512U, 5000U})
        EXPECT_EQ(listen(std::vector<float>(frames * 4), geometry, 0, Beam::das).size(), frames);
}

}  // namespace
