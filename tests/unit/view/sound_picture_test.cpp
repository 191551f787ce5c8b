#include "view/sound_picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace earshot::view {
namespace {

std::vector<float> sine(double hz, double amplitude, int rate_hz, double seconds) {
    std::vector<float> samples(static_cast<std::size_t>(seconds * rate_hz));
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<float>(
            amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz));
    return samples;
}

TEST(SoundPicture, a_tone_is_loudest_in_its_band_and_has_its_level) {
    for (const int rate_hz : {8000, 16'000, 44'100, 48'000}) {
        for (const double hz : {300.0, 1000.0, 3000.0}) {
            SoundPicture picture(rate_hz);
            picture.push(sine(hz, 0.1, rate_hz, 1));
            ASSERT_EQ(picture.columns().size(), 10u);
            const auto& levels = picture.columns().back().level_dbfs;
            const auto loudest = std::ranges::max_element(levels);
            const double band_hz = picture.band_hz(static_cast<std::size_t>(loudest - levels.begin()));
            EXPECT_LT(std::abs(std::log2(band_hz / hz)), 0.25) << rate_hz << " Hz, " << hz;
            EXPECT_NEAR(*loudest, -23, 1.5) << "the loss of a tone between two bins at most";
        }
    }
}

TEST(SoundPicture, columns_are_the_same_however_the_sound_is_cut_and_bounded) {
    const auto samples = sine(440, 0.5, 8000, 3);
    SoundPicture whole(8000), pieces(8000);
    whole.push(samples);
    for (std::size_t begin = 0; begin < samples.size(); begin += 13)
        pieces.push(std::span(samples).subspan(begin, std::min<std::size_t>(13, samples.size() - begin)));
    ASSERT_EQ(whole.columns().size(), 30u);
    ASSERT_EQ(pieces.columns().size(), 30u);
    for (std::size_t i = 0; i < 30; ++i) {
        EXPECT_EQ(whole.columns()[i].level_dbfs, pieces.columns()[i].level_dbfs);
        EXPECT_EQ(whole.columns()[i].high, pieces.columns()[i].high);
    }
    whole.push(std::vector<float>(8000 * 120));
    EXPECT_EQ(whole.columns().size(), SoundPicture::kMaxColumns);
}

TEST(SoundPicture, the_waveform_reaches_from_the_least_to_the_greatest_sample) {
    SoundPicture picture(8000);
    std::vector<float> samples(800);
    samples[10] = -0.75f;
    samples[500] = 0.25f;
    picture.push(samples);
    ASSERT_EQ(picture.columns().size(), 1u);
    const auto& column = picture.columns()[0];
    EXPECT_EQ(column.low, (std::array{-0.75f, 0.0f}));
    EXPECT_EQ(column.high, (std::array{0.0f, 0.25f}));
}

}  // namespace
}  // namespace earshot::view
