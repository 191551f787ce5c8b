#include "frontend/waveform.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include "frontend/zero_phase_filter.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

/// 100 ms every 50 ms at 8 kHz.
Json settings(const Json& changed = Json::object()) {
    auto json = default_frontend("waveform");
    json.update({{"rate_hz", 8000}, {"window_s", 0.1}, {"hop_s", 0.05}, {"high_hz", 3000.0}});
    json.update(changed);
    return json;
}

std::vector<float> noise(std::size_t size, float mean = 0) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal(mean, 0.1F);
    std::vector<float> samples(size);
    std::ranges::generate(samples, [&] { return normal(random); });
    return samples;
}

std::vector<float> sine(double hz, double rate_hz, std::size_t size) {
    std::vector<float> samples(size);
    for (std::size_t i = 0; i < size; ++i)
        samples[i] =
            static_cast<float>(std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz));
    return samples;
}

using Frames = std::vector<std::pair<double, std::vector<float>>>;

Frames frames_of(const Json& json, std::span<const float> samples, std::size_t block = 1 << 20) {
    Frames frames;
    const FrameSink sink = [&](std::span<const float> frame, double onset_s) {
        frames.emplace_back(onset_s, std::vector<float>(frame.begin(), frame.end()));
    };
    const auto frontend = make_frontend(json);
    for (; !samples.empty(); samples = samples.subspan(std::min(block, samples.size())))
        frontend->push(samples.first(std::min(block, samples.size())), sink);
    frontend->finish(sink);
    return frames;
}

std::string error(const Json& changed) {
    try {
        make_frontend(settings(changed));
    } catch (const Error& failure) {
        return failure.what();
    }
    return "no error";
}

double peak(std::span<const float> samples) {
    double most = 0;
    for (const float sample : samples) most = std::max<double>(most, std::abs(sample));
    return most;
}

// It padded with the smallest value of the file, so that the same sound made other frames in another file,
// and its last windows were mostly padding.
TEST(Waveform, notebook_frames_are_the_windows_that_fit_and_nothing_is_padded) {
    const auto frontend = make_frontend(settings());
    EXPECT_EQ(frontend->dimension(), 800U);
    EXPECT_EQ(frontend->window_s(), 0.1);
    EXPECT_EQ(frontend->hop_s(), 0.05);
    EXPECT_EQ(frontend->settings(), settings());
    EXPECT_EQ(frames_of(settings(), noise(799)).size(), 0U);
    EXPECT_EQ(frames_of(settings(), noise(1199)).size(), 1U);
    const auto frames = frames_of(settings(), noise(8000));
    ASSERT_EQ(frames.size(), 19U);
    EXPECT_EQ(frames[3].first, 3 * 400 / 8000.0);
}

TEST(Waveform, without_filter_frames_are_the_samples_less_their_mean) {
    const auto samples = noise(1200, 0.3F);
    const auto frames = frames_of(settings({{"order", 0}, {"level", "kept"}, {"gain_db", 20}}), samples);
    ASSERT_EQ(frames.size(), 2U);
    for (std::size_t f = 0; f < 2; ++f) {
        const auto piece = std::span(samples).subspan(400 * f, 800);
        const double mean = std::accumulate(piece.begin(), piece.end(), 0.0) / 800;
        for (std::size_t i = 0; i < 800; ++i) EXPECT_NEAR(frames[f].second[i], 10 * (piece[i] - mean), 1e-5);
    }
}

TEST(Waveform, frames_do_not_depend_on_how_the_stream_is_cut) {
    const auto samples = noise(5000);
    const auto whole = frames_of(settings(), samples);
    for (const std::size_t block : {1, 7, 399, 801, 4096})
        EXPECT_EQ(frames_of(settings(), samples, block), whole);
}

TEST(Waveform, a_frame_is_treated_by_itself) {
    auto samples = noise(1600);
    const auto first = frames_of(settings({{"hop_s", 0.1}}), samples).front();
    std::fill(samples.begin() + 800, samples.end(), 0.9F);
    EXPECT_EQ(frames_of(settings({{"hop_s", 0.1}}), samples).front(), first);
}

TEST(Waveform, sounddetect_5_silence_and_impact_need_not_look_alike) {
    auto loud = noise(800), soft = loud;
    for (float& sample : soft) sample /= 64;  // a power of two: not a digit is lost
    EXPECT_EQ(frames_of(settings(), loud), frames_of(settings(), soft));  // by choice
    const auto kept = settings({{"level", "kept"}});
    const auto loud_frame = frames_of(kept, loud).front().second,
               soft_frame = frames_of(kept, soft).front().second;
    EXPECT_NEAR(peak(loud_frame) / peak(soft_frame), 64, 1e-3);
    EXPECT_NEAR(peak(frames_of(settings(), loud).front().second), 1, 1e-6);
}

TEST(Waveform, silence_stays_silence) {
    const std::vector<float> silence(800), offset(800, 0.25F);
    EXPECT_EQ(peak(frames_of(settings(), silence).front().second), 0);
    EXPECT_LT(peak(frames_of(settings({{"level", "kept"}}), offset).front().second), 1e-6);
}

TEST(Waveform, what_is_no_sound_is_refused_and_leaves_the_front_end_as_new) {
    const auto frontend = make_frontend(settings());
    auto samples = noise(800);
    samples[17] = NAN;
    const FrameSink ignore = [](std::span<const float>, double) {};
    EXPECT_THROW(frontend->push(samples, ignore), Error);
    int frames = 0;
    const FrameSink count = [&](std::span<const float>, double onset_s) {
        EXPECT_EQ(onset_s, 0);
        ++frames;
    };
    frontend->push(noise(800), count);
    frontend->finish(count);
    EXPECT_EQ(frames, 1);
}

TEST(Waveform, settings_of_strangers_are_checked) {
    EXPECT_EQ(error(Json::object()), "no error");
    EXPECT_THAT(error({{"order", 9}}), HasSubstr("order is 9, must be"));
    EXPECT_THAT(error({{"window_s", 1e9}}), HasSubstr("window_s is"));
    EXPECT_THAT(error({{"hop_s", 0.2}}), HasSubstr("hop_s is"));
    EXPECT_THAT(error({{"high_hz", 5000.0}}), HasSubstr("high_hz is 5000"));
    EXPECT_THAT(error({{"high_hz", 4000.0}}), HasSubstr("between 0 and 4000 Hz"));
    EXPECT_THAT(error({{"low_hz", 0}}), HasSubstr("between 0 and 4000 Hz"));
    EXPECT_THAT(error({{"level", "loud"}}), HasSubstr("level"));
    EXPECT_THAT(error({{"gain_db", 6}}), HasSubstr("gain_db is 6, but level \"peak\""));
    EXPECT_THAT(error({{"window_s", 0.002}, {"hop_s", 0.002}}), HasSubstr("needs more than 27"));
    EXPECT_EQ(error({{"order", 0}, {"low_hz", 0}, {"high_hz", 4000}}), "no error");
}

TEST(ZeroPhaseFilter, passes_the_band_undelayed_and_halves_its_edges) {
    constexpr std::size_t kSize = 16000;
    ZeroPhaseFilter filter(4, 500, 2000, 16000);
    std::vector<float> filtered(kSize);
    const auto gain = [&](double hz) {
        const auto samples = sine(hz, 16000, kSize);
        filter.apply(samples, filtered);
        double product = 0, square = 0;  // in phase: what is delayed by a quarter has none
        for (std::size_t i = kSize / 4; i < 3 * kSize / 4; ++i) {
            product += static_cast<double>(samples[i]) * filtered[i];
            square += static_cast<double>(samples[i]) * samples[i];
        }
        return product / square;
    };
    EXPECT_NEAR(gain(1000), 1, 1e-3);
    EXPECT_NEAR(gain(500), 0.5, 1e-3);
    EXPECT_NEAR(gain(2000), 0.5, 1e-3);
    EXPECT_LT(gain(125), 1e-4);
    EXPECT_LT(gain(6000), 1e-4);
}

TEST(ZeroPhaseFilter, what_it_cannot_do_is_said) {
    EXPECT_THROW(ZeroPhaseFilter(0, 20, 200, 8000), Error);
    EXPECT_THROW(ZeroPhaseFilter(4, 200, 20, 8000), Error);
    EXPECT_THROW(ZeroPhaseFilter(4, 20, NAN, 8000), Error);
    ZeroPhaseFilter filter(1, 20, 200, 8000);
    std::vector<float> samples(filter.padding());
    EXPECT_THROW(filter.apply(samples, samples), Error);
}

}  // namespace
}  // namespace earshot::frontend
