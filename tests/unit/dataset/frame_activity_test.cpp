#include "dataset/frame_activity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace earshot::dataset {
namespace {

using enum Activity::State;

std::vector<Activity::State> frames_of(const Activity& activity, std::size_t frames) {
    std::vector<Activity::State> states(frames * activity.classes());
    activity.read(0, 1, states);
    return states;
}

/// Frames of 2 s without overlap.
RecordingInfo spectra(std::vector<label::Event> events) {
    RecordingInfo info;
    info.labels = {"bark", "cry", "rain"};
    info.events = std::move(events);
    info.frontend = {{"kind", "spectrum"}, {"rate_hz", 44100},   {"duration_s", 2.0},
                     {"low_hz", 20.0},     {"high_hz", 20000.0}, {"bins", 2}};
    return info;
}

Activity activity_of(const RecordingInfo& info, const std::vector<std::int64_t>& classes) {
    FrameActivity frames;
    const std::span all(classes);
    frames.push(all.first(1));
    frames.push(all.subspan(1));
    std::vector<double> onsets_s;
    for (std::size_t i = 0; i < classes.size(); ++i) onsets_s.push_back(2.0 * static_cast<double>(i));
    return frames.of_events(info, [&](const auto& sink) {
        sink(std::span(onsets_s).first(1));
        sink(std::span(onsets_s).subspan(1));
    });
}

TEST(FrameActivity, without_overlaps_each_frame_is_its_class) {
    const auto info = spectra({{0.9, 1.1, "bark", {}}, {2, 3, "cry", {}}, {3, 9, "rain", {}}});
    const auto activity = activity_of(info, {0, 1, 2, -1});
    EXPECT_THAT(frames_of(activity, 4),
                testing::ElementsAre(sounds, silent, silent, silent, sounds, silent, silent, silent, sounds,
                                     unknown, unknown, unknown));
}

// Random events: the class of a frame and whatever covers more than half of it, by sampling time.
TEST(FrameActivity, where_events_overlap_all_sound_that_cover_more_than_half_of_a_frame) {
    constexpr double kTick_s = 2.0 / 21;  // of which no whole number is half a frame
    std::mt19937 random(5);
    for (int round = 0; round < 50; ++round) {
        std::vector<label::Event> events;
        const auto info = spectra({});
        for (int i = 0; i < 12; ++i) {
            const auto first = random() % 180, count = 2 + random() % 60;
            events.push_back({kTick_s * static_cast<double>(first),
                              kTick_s * static_cast<double>(first + count),
                              info.labels[random() % 3],
                              {}});
        }
        std::vector<std::int64_t> classes;
        std::vector<Activity::State> expected;
        for (int frame = 0; frame < 10; ++frame) {
            std::vector<int> ticks(3);
            for (int tick = 0; tick < 21; ++tick) {
                const double time_s = 2.0 * frame + kTick_s * (tick + 0.5);
                for (std::size_t c = 0; c < 3; ++c)
                    ticks[c] += std::ranges::any_of(events, [&](const label::Event& event) {
                        return event.label == info.labels[c] && event.onset_s < time_s &&
                               time_s < event.offset_s;
                    });
            }
            const auto most = std::ranges::max_element(ticks);
            const bool labelled = *most > 0;
            classes.push_back(labelled ? most - ticks.begin() : -1);
            for (std::size_t c = 0; c < 3; ++c) {
                const bool chosen = labelled && static_cast<std::int64_t>(c) == classes.back();
                expected.push_back(chosen || ticks[c] > 10 ? sounds : labelled ? silent : unknown);
            }
        }
        EXPECT_EQ(frames_of(activity_of(spectra(events), classes), 10), expected) << round;
    }
}

}  // namespace
}  // namespace earshot::dataset
