#include "frontend/spectrum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>

#include "oracle.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Json settings(int rate_hz = 44100, double duration_s = 2, double low_hz = 20, double high_hz = 20000,
              int bins = 100) {
    return {{"kind", "spectrum"}, {"rate_hz", rate_hz}, {"duration_s", duration_s},
            {"low_hz", low_hz},   {"high_hz", high_hz}, {"bins", bins}};
}

struct Frames {
    std::vector<std::vector<float>> values;
    std::vector<double> onsets_s;
    FrameSink sink() {
        return [this](std::span<const float> frame, double onset_s) {
            values.emplace_back(frame.begin(), frame.end());
            onsets_s.push_back(onset_s);
        };
    }
};

Frames analyse(Frontend& frontend, std::span<const float> samples) {
    Frames frames;
    frontend.push(samples, frames.sink());
    frontend.finish(frames.sink());
    return frames;
}

Frames analyse(const Json& json, std::span<const float> samples) {
    return analyse(*make_frontend(json), samples);
}

std::size_t loudest(const std::vector<float>& frame) {
    return static_cast<std::size_t>(std::max_element(frame.begin(), frame.end()) - frame.begin());
}

TEST(Spectrum, SaysWhatItIs) {
    const auto frontend = make_frontend(settings(16000, 0.5, 100, 4000, 30));
    EXPECT_EQ(frontend->rate_hz(), 16000);
    EXPECT_EQ(frontend->dimension(), 30u);
    EXPECT_EQ(frontend->hop_s(), 0.5);
    EXPECT_EQ(frontend->window_s(), 0.5);
    EXPECT_EQ(frontend->settings(), settings(16000, 0.5, 100, 4000, 30));
    EXPECT_EQ(make_frontend(frontend->settings())->settings(), frontend->settings());
}

TEST(Spectrum, FrameIsTheBandsOfTheChunk) {
    const auto samples = white_noise(3000);
    const Frames frames = analyse(settings(1000, 1, 50, 450, 7), samples);
    ASSERT_EQ(frames.values.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto power = direct_power(std::span(samples).subspan(i * 1000, 1000));
        for (int b = 0; b < 7; ++b) {
            // One bin a hertz: bin k reaches from k - 0.5 to k + 0.5 Hz.
            const double low_hz = 50 + b * 400 / 7.0, high_hz = 50 + (b + 1) * 400 / 7.0;
            double sum = 0;
            for (int k = 0; k <= 500; ++k)
                sum += std::max(0.0, std::min(high_hz, k + 0.5) - std::max(low_hz, k - 0.5)) * power[k];
            EXPECT_NEAR(frames.values[i][b], std::sqrt(4 * sum) / 1000, 1e-5 * std::sqrt(4 * sum) / 1000);
        }
    }
}

// A band has the value of the amplitude whatever duration and rate, on a bin's centre or between two.
TEST(Spectrum, FullScaleSineIsOneWhateverDurationAndRate) {
    for (const int rate_hz : {8000, 16000, 22050, 44100, 48000}) {
        for (const double duration_s : {0.1, 0.25, 1.0, 2.0}) {
            for (const double hz : {1500.0, 1503.7}) {
                const Json json = settings(rate_hz, duration_s, 0, 3600, 6);  // 1200 ... 1800 Hz is band 2
                const auto samples = sine(hz, static_cast<std::size_t>(rate_hz * duration_s), rate_hz);
                const Frames frames = analyse(json, samples);
                ASSERT_EQ(frames.values.size(), 1u);
                EXPECT_NEAR(frames.values[0][2], 1, 0.01)
                    << rate_hz << " Hz, " << duration_s << " s, sine " << hz;
                EXPECT_EQ(loudest(frames.values[0]), 2u);
            }
        }
    }
}

TEST(Spectrum, NoiseOfOneDensityIsTheSameWhateverDuration) {
    const auto samples = white_noise(16000 * 40);
    for (const double duration_s : {0.5, 1.0, 2.0, 4.0}) {
        const Frames frames = analyse(settings(16000, duration_s, 1000, 5000, 4), samples);
        double mean = 0;
        for (const auto& frame : frames.values)
            for (const float value : frame) mean += value / (4.0 * static_cast<double>(frames.values.size()));
        // A density of 0.1² / 8000 a hertz over 1000 Hz.
        EXPECT_NEAR(mean, std::sqrt(2 * 0.01 / 8), 0.003) << duration_s;
    }
}

TEST(Spectrum, FramesDoNotDependOnHowBlocksAreCut) {
    const auto samples = white_noise(20000);
    for (const int chunk : {997, 1000, 1260}) {
        const Json json = settings(8000, chunk / 8000.0, 100, 3900, 20);
        const Frames whole = analyse(json, samples);
        const auto frontend = make_frontend(json);
        std::mt19937 random(7);
        for (int round = 0; round < 20; ++round) {
            Frames cut;
            for (std::size_t start = 0; start < samples.size();) {
                const std::size_t most = round % 2 ? 50 : 5000;
                const std::size_t count = std::min(samples.size() - start, random() % most);  // 0 too
                frontend->push(std::span(samples).subspan(start, count), cut.sink());
                start += count;
            }
            frontend->finish(cut.sink());
            ASSERT_EQ(cut.values, whole.values);  // bit for bit
            ASSERT_EQ(cut.onsets_s, whole.onsets_s);
        }
    }
}

TEST(Spectrum, OnsetsDoNotDrift) {
    const Json json = settings(44100, 0.1001, 20, 20000, 3);  // 4414.41 samples, so 4414
    const auto frontend = make_frontend(json);
    Frames frames;
    const std::vector<float> block(44140);
    for (int i = 0; i < 500; ++i) frontend->push(block, frames.sink());
    ASSERT_EQ(frames.onsets_s.size(), 5000u);
    EXPECT_EQ(frames.onsets_s.back(), 4999 * 4414 / 44100.0);
    EXPECT_EQ(frontend->hop_s(), 4414 / 44100.0);
}

TEST(Spectrum, SilenceIsZero) {
    const Frames frames = analyse(settings(), std::vector<float>(88200));
    ASSERT_EQ(frames.values.size(), 1u);
    EXPECT_EQ(frames.values[0], std::vector<float>(100));
}

TEST(SpectrumEnd, HalfAChunkIsAnalysedLessIsDropped) {
    const Json json = settings(8000, 1, 100, 3900, 20);
    const auto count = [&](std::size_t samples) { return analyse(json, white_noise(samples)).values.size(); };
    EXPECT_EQ(count(16000), 2u);
    EXPECT_EQ(count(16001), 2u);
    EXPECT_EQ(count(19999), 2u);
    EXPECT_EQ(count(20000), 3u);
    EXPECT_EQ(count(23999), 3u);
    EXPECT_EQ(count(24000), 3u);
}

TEST(SpectrumEnd, RecordingShorterThanHalfAChunkGivesOneFrame) {
    const Json json = settings(8000, 1, 100, 3900, 20);  // bands of 190 Hz: 42.1 samples a period
    const auto count = [&](std::size_t samples) { return analyse(json, white_noise(samples)).values.size(); };
    EXPECT_EQ(count(3999), 1u);
    EXPECT_EQ(count(43), 1u);
    EXPECT_EQ(count(42), 0u);
    EXPECT_EQ(count(1), 0u);
    EXPECT_EQ(count(0), 0u);
}

TEST(SpectrumEnd, BandsNarrowerThanAChunkResolvesDoNotForbidShortRecordings) {
    const Json json = settings(8000, 0.01, 100, 101, 50);  // 80 samples; one period of a band is 400,000
    EXPECT_EQ(analyse(json, white_noise(40)).values.size(), 1u);
    EXPECT_EQ(analyse(json, white_noise(39)).values.size(), 0u);
}

TEST(SpectrumEnd, FinishMakesItAsNew) {
    const auto frontend = make_frontend(settings(8000, 1, 100, 3900, 20));
    const auto samples = white_noise(13003);
    const Frames first = analyse(*frontend, samples);
    const Frames second = analyse(*frontend, samples);
    EXPECT_EQ(first.values, second.values);
    EXPECT_EQ(first.onsets_s, second.onsets_s);
}

TEST(SpectrumDamage, NotANumberIsAnErrorThatNamesThePlace) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max()}) {
        for (const std::size_t at : {16000u, 20000u, 31999u}) {
            auto samples = white_noise(40000);
            samples[at] = bad;
            EXPECT_THAT([&] { analyse(settings(8000, 2, 100, 3900, 20), samples); },
                        ThrowsMessage<Error>(HasSubstr("samples from 2.000 s on are not finite")));
        }
    }
}

TEST(SpectrumDamage, ExceptionsLeaveItAsNew) {
    const auto frontend = make_frontend(settings(8000, 1, 100, 3900, 20));
    const auto samples = white_noise(13003);
    const Frames expected = analyse(*frontend, samples);
    auto broken = samples;
    broken[9000] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(analyse(*frontend, broken), Error);
    EXPECT_EQ(analyse(*frontend, samples).onsets_s, expected.onsets_s);

    frontend->push(std::span(samples).first(5000), [](auto, double) {});
    EXPECT_THROW(frontend->push(samples, [](auto, double) { throw std::runtime_error("full"); }),
                 std::runtime_error);
    EXPECT_EQ(analyse(*frontend, samples).values, expected.values);

    frontend->push(std::span(samples).first(12000), [](auto, double) {});
    frontend->reset();
    EXPECT_EQ(analyse(*frontend, samples).values, expected.values);
}

// The original took --low and --high for FFT indices, so that 250 to 7500 was 125 to 3750 Hz in chunks of 2
// s.
TEST(Originals, Micmon4LimitsAreHertz) {
    const Frames frames = analyse(settings(44100, 2, 250, 7500, 100), sine(5000, 88200, 44100));
    EXPECT_EQ(loudest(frames.values.at(0)), 65u);  // (5000 - 250) / 72.5 = 65.5
    EXPECT_NEAR(frames.values[0][65], 1, 0.01);
}

TEST(Originals, Micmon5ToneStaysInItsBandWhateverTheChunk) {
    for (const double duration_s : {0.1, 0.5, 1.0, 2.0, 3.7}) {
        const auto samples = sine(1000, static_cast<std::size_t>(44100 * duration_s), 44100);
        EXPECT_EQ(loudest(analyse(settings(44100, duration_s, 250, 7500, 100), samples).values.at(0)), 10u);
    }
}

TEST(Originals, Micmon7ShortLastChunkKeepsItsTone) {
    for (const std::size_t rest : {44100u, 50000u, 61013u, 88199u}) {
        const auto samples = sine(2000, 88200 + rest, 44100);
        const Frames frames = analyse(settings(), samples);
        ASSERT_EQ(frames.values.size(), 2u);
        EXPECT_EQ(loudest(frames.values[0]), 9u);  // (2000 - 20) / 199.8 = 9.9
        EXPECT_EQ(loudest(frames.values[1]), 9u);
        for (const float value : frames.values[1]) EXPECT_TRUE(std::isfinite(value));
    }
}

// The original's buffers ignored the number of channels, so that 2 s of stereo were chunks of 1 s.
TEST(Originals, Micmon11ChunksLastAsLongAsTheySay) {
    const Frames frames = analyse(settings(), white_noise(44100 * 10));
    EXPECT_EQ(frames.onsets_s, (std::vector<double>{0, 2, 4, 6, 8}));
}

}  // namespace
}  // namespace earshot::frontend
