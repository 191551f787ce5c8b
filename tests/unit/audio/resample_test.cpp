#include "audio/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "unit/audio/audio_files.h"

namespace earshot::audio {
namespace {

/// Yields given samples in blocks of a given length, whatever is asked for.
class FixedSource : public Source {
 public:
    FixedSource(std::vector<float> samples, AudioFormat format, std::size_t block = 1000)
        : samples_(std::move(samples)), format_(format), block_(block) {}
    AudioFormat format() const override { return format_; }
    std::span<const float> read(std::size_t max_frames) override {
        const auto channels = static_cast<std::size_t>(format_.channels);
        const auto block = std::span(samples_).subspan(at_).first(
            std::min({block_ * channels, max_frames * channels, samples_.size() - at_}));
        at_ += block.size();
        return block;
    }
    std::optional<std::int64_t> frames() const override {
        return static_cast<std::int64_t>(samples_.size()) / format_.channels;
    }
    std::span<const Damage> damage() const override { return {}; }

 private:
    std::vector<float> samples_;
    AudioFormat format_;
    std::size_t block_, at_ = 0;
};

std::vector<float> resample(std::vector<float> samples, int from_hz, int to_hz, std::size_t block = 1000) {
    ResampledSource source(std::make_unique<FixedSource>(std::move(samples), AudioFormat{from_hz, 1}, block),
                           to_hz);
    return read_all(source);
}

/// Amplitude and phase of the component at `hz`, by projection on it; the first and last tenth are left out,
/// where the filter meets the edges.
std::complex<double> component(const std::vector<float>& samples, double hz, int rate_hz) {
    std::complex<double> sum = 0;
    double weight = 0;
    for (std::size_t i = samples.size() / 10; i < samples.size() * 9 / 10; ++i) {
        const double hann =
            0.5 - 0.5 * std::cos(2 * std::numbers::pi *
                                 (static_cast<double>(i) / static_cast<double>(samples.size()) - 0.1) / 0.8);
        sum += hann * samples[i] *
               std::polar(1.0, -2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz);
        weight += hann;
    }
    return 2.0 * sum / weight;
}

double level_db(const std::vector<float>& samples) {
    double energy = 0;
    for (std::size_t i = samples.size() / 10; i < samples.size() * 9 / 10; ++i)
        energy += double{samples[i]} * samples[i];
    return 10 * std::log10(energy / (static_cast<double>(samples.size()) * 0.8) + 1e-30);
}

using Rates = std::pair<int, int>;
class Resampling : public testing::TestWithParam<Rates> {};

TEST_P(Resampling, KeepsASineWhereItIs) {
    const auto [from, to] = GetParam();
    const auto out = resample(sine(1000, static_cast<std::size_t>(from), from), from, to);
    const auto found = component(out, 1000, to);
    EXPECT_NEAR(std::abs(found), 0.5, 0.5 * 1e-3);
    // A sine has phase -90 degrees; 1e-3 rad at 1 kHz is a delay of 0.16 microseconds.
    EXPECT_NEAR(std::arg(found * std::complex(0.0, 1.0)), 0, 1e-3);
}

TEST_P(Resampling, IsFlatInThePassBand) {
    const auto [from, to] = GetParam();
    const double nyquist = std::min(from, to) / 2.0;
    for (const double part : {0.05, 0.3, 0.6, 0.8, 0.9}) {
        const double hz = part * nyquist;
        const auto out = resample(sine(hz, static_cast<std::size_t>(from), from), from, to);
        EXPECT_NEAR(20 * std::log10(std::abs(component(out, hz, to)) / 0.5), 0, 0.02) << part;
    }
}

TEST_P(Resampling, RejectsAliasesAndImages) {
    const auto [from, to] = GetParam();
    const double reference_db = 20 * std::log10(0.5 / std::sqrt(2.0));
    if (to < from) {
        for (const double part : {1.02, 1.2, 1.7}) {
            const double hz = part * to / 2.0;
            if (hz >= from / 2.0) continue;
            const auto out = resample(sine(hz, static_cast<std::size_t>(from), from), from, to);
            EXPECT_LT(level_db(out) - reference_db, -110) << part;
        }
    } else {
        // What is left beside the sine itself is what mirrors it.
        const double hz = 0.4 * from;
        auto out = resample(sine(hz, static_cast<std::size_t>(from), from), from, to);
        const auto found = component(out, hz, to);
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] -= static_cast<float>(
                (found * std::polar(1.0, 2 * std::numbers::pi * hz * static_cast<double>(i) / to)).real());
        EXPECT_LT(level_db(out) - reference_db, -100);
    }
}

TEST_P(Resampling, HasTheLengthThatTheRatesGive) {
    const auto [from, to] = GetParam();
    for (const std::size_t frames : {0u, 1u, 2u, 777u, 4096u, 100'001u}) {
        const auto wanted = std::llround(static_cast<double>(frames) * to / from);
        ResampledSource source(std::make_unique<FixedSource>(noise(frames, 1), AudioFormat{from, 1}), to);
        EXPECT_EQ(source.frames(), wanted);
        EXPECT_EQ(read_all(source).size(), wanted) << frames;
    }
}

TEST_P(Resampling, DoesNotDependOnTheBlocks) {
    const auto [from, to] = GetParam();
    const auto samples = noise(30'000, 1);
    EXPECT_EQ(resample(samples, from, to, 1), resample(samples, from, to, 30'000));
}

INSTANTIATE_TEST_SUITE_P(Rates, Resampling,
                         testing::Values(Rates{44100, 16000}, Rates{48000, 16000}, Rates{16000, 44100},
                                         Rates{44100, 48000}, Rates{8000, 44100}, Rates{192000, 8000},
                                         Rates{22050, 11025}, Rates{96000, 44100}),
                         [](const auto& test) {
                             return std::to_string(test.param.first) + "to" +
                                    std::to_string(test.param.second);
                         });

TEST(Resample, KeepsChannelsApart) {
    std::vector<float> samples(2 * 16000);
    const auto low = sine(300, 16000, 16000), high = sine(3000, 16000, 16000);
    for (std::size_t i = 0; i < 16000; ++i) {
        samples[2 * i] = low[i];
        samples[2 * i + 1] = high[i];
    }
    ResampledSource source(std::make_unique<FixedSource>(samples, AudioFormat{16000, 2}), 44100);
    const auto both = read_all(source);
    std::vector<float> left, right;
    for (std::size_t i = 0; i < both.size(); i += 2) {
        left.push_back(both[i]);
        right.push_back(both[i + 1]);
    }
    EXPECT_EQ(left, resample(low, 16000, 44100));
    EXPECT_EQ(right, resample(high, 16000, 44100));
}

}  // namespace
}  // namespace earshot::audio
