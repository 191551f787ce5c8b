#include "windows/slot_levels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace earshot::windows {
namespace {

constexpr int kRate = 1000;

/// The same with the whole recording in sight.
float level_offline(const std::vector<float>& samples, std::size_t begin, std::size_t end,
                    std::size_t parts) {
    double loudest = 0;
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t first = begin + (end - begin) * part / parts;
        const std::size_t last = std::min(samples.size(), begin + (end - begin) * (part + 1) / parts);
        if (last <= first) continue;
        double energy = 0;
        for (std::size_t i = first; i < last; ++i) energy += static_cast<double>(samples[i]) * samples[i];
        loudest = std::max(loudest, energy / static_cast<double>(last - first));
    }
    return static_cast<float>(10 * std::log10(loudest));
}

std::vector<float> noise(std::size_t count) {
    std::mt19937 random(1);
    std::vector<float> samples(count);
    for (std::size_t i = 0; i < count; ++i)
        samples[i] =
            std::normal_distribution<float>(0, 0.01f + 0.1f * static_cast<float>(i % 700) / 700)(random);
    return samples;
}

TEST(SlotLevels, agree_with_a_look_at_the_whole_recording_however_it_is_cut) {
    const auto samples = noise(10'300);
    for (const std::size_t block : {1, 77, 1000, 10'300}) {
        SlotLevels levels({1, 1, 60}, kRate);
        for (std::size_t begin = 0; begin < samples.size(); begin += block)
            levels.push(std::span(samples).subspan(begin, std::min(block, samples.size() - begin)));
        for (std::size_t slot = 0; slot < 11; ++slot)
            EXPECT_FLOAT_EQ(levels.next(), level_offline(samples, slot * 1000, slot * 1000 + 1000, 8))
                << slot;
    }
}

TEST(SlotLevels, of_overlapping_windows_are_those_of_the_hops_around_their_centres) {
    const auto samples = noise(4000);
    SlotLevels levels({0.25, 1, 0}, kRate);
    levels.push(samples);
    EXPECT_FLOAT_EQ(levels.next(), level_offline(samples, 0, 625, 5));  // the first window's is longer
    for (std::size_t slot = 1; slot < 12; ++slot)
        EXPECT_FLOAT_EQ(levels.next(), level_offline(samples, 375 + slot * 250, 625 + slot * 250, 2)) << slot;
}

TEST(SlotLevels, a_full_scale_square_wave_has_0_dBFS_and_silence_the_least) {
    SlotLevels levels({1, 1, 0}, kRate);
    std::vector<float> samples(2000);
    for (std::size_t i = 0; i < 1000; ++i) samples[i] = i % 2 == 0 ? 1.0f : -1.0f;
    levels.push(samples);
    EXPECT_EQ(levels.next(), 0);
    EXPECT_EQ(levels.next(), SlotLevels::kSilence_dbfs);
    levels.reset();
    levels.push(std::span(samples).first(1000));
    EXPECT_EQ(levels.next(), 0);
}

}  // namespace
}  // namespace earshot::windows
