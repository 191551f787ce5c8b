#include "windows/overlapped.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "support/error.h"

namespace earshot::windows {
namespace {

constexpr int kRate = 8000;

std::unique_ptr<frontend::Frontend> spectrum() {
    return frontend::make_frontend({{"kind", "spectrum"},
                                    {"rate_hz", kRate},
                                    {"duration_s", 0.1},
                                    {"low_hz", 0.0},
                                    {"high_hz", 4000.0},
                                    {"bins", 5}});
}

std::vector<float> noise(std::size_t count) {
    std::mt19937 random(1);
    std::vector<float> samples(count);
    for (float& sample : samples) sample = std::normal_distribution<float>(0, 0.1f)(random);
    return samples;
}

using Frames = std::map<double, std::vector<float>>;  // by onset

Frames frames_of(frontend::Frontend& frontend, std::span<const float> samples, std::size_t block) {
    Frames frames;
    const frontend::FrameSink sink = [&](std::span<const float> frame, double onset_s) {
        EXPECT_TRUE(frames.emplace(onset_s, std::vector(frame.begin(), frame.end())).second);
    };
    for (; samples.size() > block; samples = samples.subspan(block))
        frontend.push(samples.first(block), sink);
    frontend.push(samples, sink);
    frontend.finish(sink);
    return frames;
}

TEST(Overlapped, each_frame_is_that_of_its_window_alone) {
    const auto samples = noise(5000);
    OverlappedFrontend frontend(spectrum(), 0.7);
    EXPECT_EQ(frontend.hop_s(), 0.03);
    EXPECT_EQ(frontend.window_s(), 0.1);
    const auto alone = spectrum();
    const auto frames = frames_of(frontend, samples, 5000);
    ASSERT_EQ(frames.size(), 19u);  // 0 to 4080 in steps of 240 are whole, one more ends with the recording
    std::size_t i = 0;
    for (const auto& [onset_s, frame] : frames) {
        const std::size_t begin = 240 * i++;
        EXPECT_EQ(onset_s, static_cast<double>(begin) / kRate);
        const auto window =
            std::span(samples).subspan(begin, std::min<std::size_t>(800, samples.size() - begin));
        EXPECT_EQ(frame, frames_of(*alone, window, 800).begin()->second);
    }
}

TEST(Overlapped, frames_do_not_depend_on_how_the_sound_is_cut_into_blocks) {
    const auto samples = noise(5111);
    OverlappedFrontend frontend(spectrum(), 0.5);
    const auto whole = frames_of(frontend, samples, 5111);
    for (const std::size_t block : {1, 7, 399, 800, 3000})
        EXPECT_EQ(frames_of(frontend, samples, block), whole);
}

TEST(Overlapped, without_overlap_is_the_inner_front_end) {
    for (const std::size_t count : {0, 300, 399, 400, 800, 1199, 1200, 4801}) {
        const auto samples = noise(count);
        OverlappedFrontend frontend(spectrum(), 0);
        EXPECT_EQ(frames_of(frontend, samples, 100), frames_of(*spectrum(), samples, 100)) << count;
    }
}

TEST(Overlapped, refuses_what_overlaps_already_or_never_moves_on) {
    EXPECT_THROW(OverlappedFrontend(spectrum(), 1), Error);
    EXPECT_THROW(OverlappedFrontend(spectrum(), -0.1), Error);
    EXPECT_THROW(OverlappedFrontend(std::make_unique<OverlappedFrontend>(spectrum(), 0.5), 0.5), Error);
}

}  // namespace
}  // namespace earshot::windows
