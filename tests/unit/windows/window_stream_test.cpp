#include "windows/window_stream.h"

#include <gtest/gtest.h>

#include <random>

#include "support/error.h"
#include "unit/windows/brute_force.h"

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

std::unique_ptr<frontend::Frontend> logmel() {
    auto settings = frontend::default_frontend("logmel");
    settings["rate_hz"] = kRate;
    settings["high_hz"] = kRate / 2;
    return frontend::make_frontend(settings);
}

std::vector<float> noise(std::size_t count) {
    std::mt19937 random(1);
    std::vector<float> samples(count);
    for (float& sample : samples) sample = std::normal_distribution<float>(0, 0.1F)(random);
    return samples;
}

struct Timed {
    std::vector<float> values;
    double onset_s, offset_s;
    bool operator==(const Timed&) const = default;
};

/// @param block  samples that are pushed at a time
std::vector<Timed> windows_of(WindowStream& stream, std::span<const float> samples, std::size_t block,
                              double start_s = 0) {
    std::vector<Timed> windows;
    const WindowSink sink = [&](std::span<const float> window, double onset_s, double offset_s) {
        windows.push_back({{window.begin(), window.end()}, onset_s, offset_s});
    };
    stream.begin(start_s);
    for (; !samples.empty(); samples = samples.subspan(std::min(block, samples.size())))
        stream.push(samples.first(std::min(block, samples.size())), sink);
    stream.finish(sink);
    return windows;
}

std::vector<Timed> windows_of(frontend::Frontend& frontend, const Windowing& windowing,
                              std::span<const float> samples, std::size_t block, double start_s = 0) {
    WindowStream stream(frontend, windowing);
    return windows_of(stream, samples, block, start_s);
}

std::vector<std::vector<float>> frames_of(frontend::Frontend& frontend, std::span<const float> samples) {
    std::vector<std::vector<float>> frames;
    const frontend::FrameSink sink = [&](std::span<const float> frame, double) {
        frames.emplace_back(frame.begin(), frame.end());
    };
    frontend.push(samples, sink);
    frontend.finish(sink);
    return frames;
}

TEST(WindowStream, windows_are_the_matrix_of_all_frames_cut_by_hand) {
    const auto frontend = logmel();
    for (const Windowing& windowing : {Windowing{20, 8}, Windowing{20, 8, Padding::minimum, 0.5},
                                       Windowing{1, 1}, Windowing{1, 3}, Windowing{20, 20, Padding::mean}}) {
        for (const std::size_t count : {0, 100, 900, 1600, 8000, 8111}) {
            const auto samples = noise(count);
            const auto hand = cut_by_hand(frames_of(*frontend, samples), windowing);
            const auto windows = windows_of(*frontend, windowing, samples, 512, 60);
            const auto grid = WindowStream(*frontend, windowing).grid();
            ASSERT_EQ(windows.size(), hand.size()) << count;
            for (std::size_t i = 0; i < windows.size(); ++i) {
                EXPECT_EQ(windows[i].values, hand[i].values);
                const double onset_s = 60 + static_cast<double>(hand[i].rows.first) * frontend->hop_s();
                EXPECT_NEAR(windows[i].onset_s, onset_s, 1e-9);
                const double end_s = 60 + static_cast<double>(count) / kRate;
                EXPECT_NEAR(windows[i].offset_s, std::min(onset_s + grid.window_s, end_s), 1e-9);
            }
        }
    }
}

TEST(WindowStream, where_frames_overlap_each_is_that_of_its_stretch_alone) {
    const auto samples = noise(5000);
    const auto frontend = spectrum(), alone = spectrum();
    WindowStream stream(*frontend, {1, 1, Padding::minimum, 0.7});
    EXPECT_EQ(stream.grid().hop_s, 0.03);
    EXPECT_EQ(stream.grid().window_s, 0.1);
    const auto windows = windows_of(stream, samples, 5000);
    ASSERT_EQ(windows.size(), 19u);  // 0 to 4080 in steps of 240 are whole, one more ends with the recording
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const std::size_t begin = 240 * i;
        EXPECT_EQ(windows[i].onset_s, static_cast<double>(begin) / kRate);
        EXPECT_EQ(windows[i].offset_s, std::min(windows[i].onset_s + 0.1, 5000.0 / kRate));
        const auto stretch =
            std::span(samples).subspan(begin, std::min<std::size_t>(800, samples.size() - begin));
        EXPECT_EQ(windows[i].values, frames_of(*alone, stretch).front());
    }
}

TEST(WindowStream, windows_do_not_depend_on_how_the_sound_is_divided_into_blocks) {
    const auto samples = noise(5111);
    const auto frames = spectrum(), mels = logmel();
    const auto check = [&](frontend::Frontend& frontend, const Windowing& windowing) {
        WindowStream stream(frontend, windowing);
        const auto whole = windows_of(stream, samples, samples.size());
        EXPECT_FALSE(whole.empty());
        for (const std::size_t block : {1, 7, 399, 800, 3000}) {
            const auto windows = windows_of(stream, samples, block);
            ASSERT_EQ(windows.size(), whole.size());
            for (std::size_t i = 0; i < whole.size(); ++i) {
                EXPECT_EQ(windows[i].values, whole[i].values);
                EXPECT_EQ(windows[i].onset_s, whole[i].onset_s);
            }
        }
    };
    check(*frames, {1, 1});
    check(*frames, {1, 1, Padding::minimum, 0.5});
    check(*frames, {3, 1});
    check(*mels, {20, 8});
}

TEST(WindowStream, samples_may_be_written_into_the_front_ends_own_memory) {
    const auto samples = noise(5111);
    const auto frontend = spectrum();
    for (const Windowing& windowing :
         {Windowing{1, 1}, Windowing{3, 2}, Windowing{1, 1, Padding::minimum, 0.5}}) {
        WindowStream stream(*frontend, windowing);
        std::vector<std::vector<float>> windows;
        const WindowSink sink = [&](std::span<const float> window, double, double) {
            windows.emplace_back(window.begin(), window.end());
        };
        for (std::span<const float> left = samples; !left.empty();) {
            const auto room = stream.room();
            const auto part =
                left.first(std::min<std::size_t>(left.size(), room.empty() ? 333 : room.size()));
            left = left.subspan(part.size());
            if (room.empty()) {
                stream.push(part, sink);
            } else {
                std::ranges::copy(part, room.begin());
                stream.take(part.size(), sink);
            }
        }
        stream.finish(sink);
        const auto pushed = windows_of(stream, samples, 1000);
        ASSERT_EQ(windows.size(), pushed.size());
        for (std::size_t i = 0; i < windows.size(); ++i) EXPECT_EQ(windows[i], pushed[i].values);
    }
}

TEST(WindowStream, without_overlap_a_stretch_is_a_frame) {
    for (const std::size_t count : {0, 300, 399, 400, 800, 1199, 1200, 4801}) {
        const auto samples = noise(count);
        const auto frontend = spectrum();
        const auto hardly = windows_of(*frontend, {1, 1, Padding::minimum, 1e-9}, samples, 100);
        EXPECT_EQ(hardly, windows_of(*frontend, {1, 1}, samples, 100)) << count;
    }
}

TEST(WindowStream, what_is_thrown_leaves_nothing_of_the_recording) {
    const auto samples = noise(4000);
    const auto frontend = spectrum();
    for (const Windowing& windowing :
         {Windowing{1, 1}, Windowing{3, 2}, Windowing{1, 1, Padding::minimum, 0.5}}) {
        WindowStream stream(*frontend, windowing);
        const auto whole = windows_of(stream, samples, 1000, 5);
        const WindowSink refuse = [](std::span<const float>, double, double) { throw Error("full"); };
        EXPECT_THROW(stream.push(samples, refuse), Error);
        EXPECT_EQ(windows_of(stream, samples, 1000, 5), whole);
    }
}

}  // namespace
}  // namespace earshot::windows
