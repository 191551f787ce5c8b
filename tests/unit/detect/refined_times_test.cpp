#include <gtest/gtest.h>

#include <algorithm>

#include "detect/event_detector.h"

namespace earshot::detect {
namespace {

TEST(RefinedTimes, are_where_a_straight_line_crosses_the_thresholds) {
    EventRule rule{"a", 0.5, 0.3, 0, 0, 1};
    rule.refine = true;
    EventDetector detector({rule}, {0.5, 0.5});
    std::vector<label::Event> events;
    const EventDetector::Sink keep = [&](const label::Event& event) { events.push_back(event); };
    // Scores of a sound that swells from 1.2 s and fades to nothing at 8.7 s, at the centres of the windows.
    for (int i = 0; i < 20; ++i) {
        const double t_s = (i + 0.5) * 0.5;
        const float score = static_cast<float>(std::clamp(std::min(t_s - 1.2, 8.7 - t_s) / 3, 0.0, 1.0));
        detector.push({&score, 1}, keep);
    }
    detector.finish(10, keep);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_NEAR(events[0].onset_s, 2.7, 1e-6);
    EXPECT_NEAR(events[0].offset_s, 7.8, 1e-6);
}

TEST(RefinedTimes, of_one_window_at_the_threshold_keep_a_length) {
    EventRule rule{"a", 0.5, 0.5, 0, 0, 1};
    rule.refine = true;
    EventDetector detector({rule}, {1, 1});
    std::vector<label::Event> events;
    const EventDetector::Sink keep = [&](const label::Event& event) { events.push_back(event); };
    for (const float score : {0.0F, 0.5F, 0.0F}) detector.push({&score, 1}, keep);
    detector.finish(3, keep);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_NEAR(events[0].onset_s, 1.45, 1e-9);
    EXPECT_NEAR(events[0].offset_s, 1.55, 1e-9);
}

}  // namespace
}  // namespace earshot::detect
