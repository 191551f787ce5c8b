#include "label/timeline.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace earshot::label {
namespace {

constexpr double kOpen = std::numeric_limits<double>::infinity();

TEST(Timeline, sorts_by_onset_then_offset_then_label) {
    Timeline timeline{{{2, 3, "b", {}}, {1, 4, "a", {}}, {1, 2, "z", {}}, {1, 2, "a", {}}}};
    timeline.sort();
    EXPECT_THAT(timeline.events, testing::ElementsAre(Event{1, 2, "a", {}}, Event{1, 2, "z", {}},
                                                      Event{1, 4, "a", {}}, Event{2, 3, "b", {}}));
}

TEST(Timeline, clip_ends_open_events_without_counting_them) {
    Timeline timeline{{{0, 5, "a", {}}, {5, kOpen, "b", {}}}};
    EXPECT_EQ(timeline.clip(7.5), 0);
    EXPECT_THAT(timeline.events, testing::ElementsAre(Event{0, 5, "a", {}}, Event{5, 7.5, "b", {}}));
}

TEST(Timeline, clip_counts_what_goes_further_past_the_end_than_the_tolerance) {
    Timeline timeline{{{0, 10.04, "within", {}},
                       {1, 10.06, "cut", {}},
                       {11, 12, "dropped", {}},
                       {12, kOpen, "open, dropped", {}}}};
    EXPECT_EQ(timeline.clip(10, 0.05), 3);
    EXPECT_THAT(timeline.events, testing::ElementsAre(Event{0, 10, "within", {}}, Event{1, 10, "cut", {}}));
}

TEST(Timeline, clip_to_nothing_leaves_nothing) {
    Timeline timeline{{{0, kOpen, "a", {}}}};
    timeline.clip(0);
    EXPECT_TRUE(timeline.events.empty());
}

TEST(Timeline, dominant_is_what_covers_most) {
    const Timeline timeline{{{0, 1.2, "a", {}}, {1.2, 5, "b", {}}}};
    const auto cover = timeline.dominant(0, 2);
    ASSERT_TRUE(cover);
    EXPECT_EQ(cover->label, "a");
    EXPECT_DOUBLE_EQ(cover->seconds, 1.2);
    EXPECT_EQ(timeline.dominant(1, 3)->label, "b");
}

TEST(Timeline, dominant_is_nothing_where_no_event_is) {
    const Timeline timeline{{{1, 2, "a", {}}, {3, 3, "point", {}}}};
    EXPECT_FALSE(timeline.dominant(0, 1));
    EXPECT_FALSE(timeline.dominant(2, 2.5));
    EXPECT_FALSE(timeline.dominant(2.5, 4)) << "an event without length covers nothing";
    EXPECT_FALSE(Timeline{}.dominant(0, 1));
}

TEST(Timeline, dominant_of_equals_is_the_first_by_name) {
    EXPECT_EQ((Timeline{{{0, 1, "z", {}}, {1, 2, "a", {}}}}.dominant(0, 2)->label), "a");
}

TEST(Timeline, dominant_counts_overlapping_events_of_one_label_once) {
    const Timeline timeline{{{0, 4, "a", {}}, {1, 2, "a", {}}, {3, 5, "a", {}}, {0, 6, "b", {}}}};
    Timeline sorted = timeline;
    sorted.sort();
    EXPECT_EQ(sorted.dominant(0, 10)->label, "b");
    EXPECT_DOUBLE_EQ(sorted.dominant(0, 5.5)->seconds, 5.5);
}

TEST(Timeline, dominant_reaches_into_open_events) {
    EXPECT_DOUBLE_EQ((Timeline{{{3, kOpen, "a", {}}}}.dominant(100, 102)->seconds), 2);
}

/// The definition, taken literally: count the milliseconds that some event of the label covers.
std::map<std::string, int> count_milliseconds(const Timeline& timeline, int begin_ms, int end_ms) {
    std::map<std::string, int> counts;
    for (const char* label : {"a", "b", "c"}) {
        for (int ms = begin_ms; ms < end_ms; ++ms) {
            const double middle_s = (ms + 0.5) / 1000;
            counts[label] += std::ranges::any_of(timeline.events, [&](const Event& event) {
                return event.label == label && event.onset_s <= middle_s && middle_s < event.offset_s;
            });
        }
    }
    return counts;
}

TEST(Timeline, dominant_agrees_with_counting_milliseconds) {
    std::mt19937 random(7);
    std::uniform_int_distribution<int> time_ms(0, 400), length_ms(0, 150), which(0, 2);
    for (int round = 0; round < 200; ++round) {
        Timeline timeline;
        for (int i = 0; i < 8; ++i) {
            const int begin = time_ms(random);
            const int end = begin + length_ms(random);
            timeline.events.push_back(
                {begin / 1000.0, end / 1000.0, std::string(1, static_cast<char>('a' + which(random))), {}});
        }
        timeline.sort();
        const int begin = time_ms(random), end = begin + 1 + length_ms(random);
        const auto counts = count_milliseconds(timeline, begin, end);
        const auto cover = timeline.dominant(begin / 1000.0, end / 1000.0);
        const auto most =
            std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
        if (most->second == 0) {
            EXPECT_FALSE(cover);
            continue;
        }
        ASSERT_TRUE(cover);
        EXPECT_NEAR(cover->seconds * 1000, most->second, 1e-6);
        EXPECT_EQ(counts.at(cover->label), most->second);
    }
}

TEST(Timeline, the_strongest_of_overlapping_events_stays) {
    Timeline timeline{{{0, 4, "rain", 0.5}, {1, 2, "cry", 0.9}, {3, 6, "wind", 0.4}, {8, 9, "cry", 0.1}}};
    timeline.keep_strongest();
    const std::vector<Event> expected{{0, 1, "rain", 0.5},
                                      {1, 2, "cry", 0.9},
                                      {2, 4, "rain", 0.5},
                                      {4, 6, "wind", 0.4},
                                      {8, 9, "cry", 0.1}};
    EXPECT_EQ(timeline.events, expected);
}

TEST(Timeline, without_scores_the_earlier_event_stays) {
    Timeline timeline{{{0, 2, "a", {}}, {0, 3, "b", {}}, {1, kOpen, "c", {}}}};
    timeline.keep_strongest();
    const std::vector<Event> expected{{0, 2, "a", {}}, {2, 3, "b", {}}, {3, kOpen, "c", {}}};
    EXPECT_EQ(timeline.events, expected);
}

/// Against the definition: at any moment the strongest of what sounds.
TEST(Timeline, random_overlaps_keep_the_strongest_at_every_moment) {
    std::mt19937 generator(7);
    const auto random = [&](int below) {
        return static_cast<int>(generator() % static_cast<unsigned>(below));
    };
    for (int round = 0; round < 200; ++round) {
        Timeline timeline;
        for (int i = random(12); i > 0; --i) {
            const double onset_s = random(20);
            timeline.events.push_back({onset_s, onset_s + random(6), std::to_string(i), random(5) / 4.0});
        }
        timeline.sort();
        const auto before = timeline.events;
        timeline.keep_strongest();
        for (std::size_t i = 1; i < timeline.events.size(); ++i)
            EXPECT_LE(timeline.events[i - 1].offset_s, timeline.events[i].onset_s);
        for (double moment_s = 0.5; moment_s < 30; ++moment_s) {
            const auto sounds = [&](const Event& event) {
                return event.onset_s < moment_s && moment_s < event.offset_s;
            };
            double strongest = -1, kept = -1;
            for (const auto& event : before) {
                if (sounds(event)) strongest = std::max(strongest, *event.score);
            }
            for (const auto& event : timeline.events) {
                if (sounds(event)) kept = *event.score;
            }
            EXPECT_EQ(kept, strongest);
        }
    }
}

}  // namespace
}  // namespace earshot::label
