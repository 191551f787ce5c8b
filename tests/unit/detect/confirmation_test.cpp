#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "detect/event_detector.h"

namespace earshot::detect {
namespace {

using Span = std::pair<int, int>;  // first window, and the one after the last

EventRule confirmed(int hits, int windows) {
    EventRule rule{"a", 0.5, 0.5, 0, 0, 1};
    rule.confirm = {hits, windows};
    return rule;
}

std::vector<float> scores_of(std::string_view pattern) {
    std::vector<float> scores;
    for (const char c : pattern) scores.push_back(c == '#' ? 1.0F : c == '-' ? 0.3F : 0.0F);
    return scores;
}

std::vector<Span> detected(const EventRule& rule, const std::vector<float>& scores, bool at_once = false) {
    EventDetector detector({rule}, {1, 1});
    detector.begin({0, at_once});
    std::vector<Span> spans;
    const auto sink = [&](const label::Event& event) {
        spans.emplace_back(static_cast<int>(event.onset_s), static_cast<int>(event.offset_s));
    };
    for (const float score : scores) detector.push(std::array{score}, sink);
    detector.finish(static_cast<double>(scores.size()), sink);
    return spans;
}

/// The definition, for hops of 1 s: at each window, looks back at the last m windows since the last event.
std::vector<Span> by_definition(const EventRule& rule, const std::vector<float>& scores) {
    const int count = static_cast<int>(scores.size());
    const auto reaches = [&](int i, double threshold) {
        return static_cast<double>(scores[static_cast<std::size_t>(i)]) >= threshold;
    };
    std::vector<Span> spans;
    int free = 0;  // no event may begin before this
    for (int w = 0; w < count; ++w) {
        std::vector<int> hits;
        for (int i = std::max(free, w - rule.confirm.windows + 1); i <= w; ++i)
            if (reaches(i, rule.on_threshold)) hits.push_back(i);
        if (static_cast<int>(hits.size()) < rule.confirm.hits) continue;
        int last = w, next = w + 1;
        for (bool sounding = true; next < count; ++next) {
            sounding = reaches(next, sounding ? rule.off_threshold : rule.on_threshold);
            if (sounding) last = next;
            if (next - last > static_cast<int>(rule.merge_gap_s)) break;
        }
        const Span span{hits.front(), last + 1};
        const bool dropped = span.second - span.first < static_cast<int>(rule.min_duration_s);
        if (!dropped) spans.push_back(span);
        w = next;  // the window that ends an event is no hit
        free = dropped ? last + 1 : last + 1 + static_cast<int>(rule.cool_down_s);
    }
    return spans;
}

TEST(Confirmation, needs_some_of_the_last_windows_and_begins_with_the_first_of_them) {
    using testing::ElementsAre;
    EXPECT_THAT(detected(confirmed(1, 1), scores_of("#..#")), ElementsAre(Span(0, 1), Span(3, 4)));
    EXPECT_THAT(detected(confirmed(2, 2), scores_of(".#.##.#")), ElementsAre(Span(3, 5)));
    EXPECT_THAT(detected(confirmed(3, 5), scores_of(".#.#.#..")), ElementsAre(Span(1, 6)));
    EXPECT_THAT(detected(confirmed(3, 5), scores_of(".#..#.#.")), ElementsAre()) << "6 windows";
    EXPECT_THAT(detected(confirmed(3, 4), scores_of("#.#..###")), ElementsAre(Span(5, 8)));
    EXPECT_THAT(detected(confirmed(2, 3), scores_of("##.#")), ElementsAre(Span(0, 2)))
        << "what confirmed one event does not count for the next";
}

TEST(Confirmation, agrees_with_its_definition) {
    std::mt19937 random(8);
    const auto number = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
    std::size_t found = 0;
    for (int round = 0; round < 3000; ++round) {
        EventRule rule;
        rule.label = "a";
        rule.on_threshold = 0.6;
        rule.off_threshold = number(0, 1) == 0 ? 0.6 : 0.3;
        rule.min_duration_s = number(0, 4);
        rule.merge_gap_s = number(0, 3);
        rule.cool_down_s = number(0, 1) * number(0, 6);
        rule.confirm.windows = number(1, 7);
        rule.confirm.hits = number(1, rule.confirm.windows);
        std::vector<float> scores;
        for (int i = number(0, 60); i > 0; --i) scores.push_back(static_cast<float>(number(0, 10)) / 10);
        const auto want = by_definition(rule, scores);
        ASSERT_EQ(detected(rule, scores), want) << round;
        ASSERT_EQ(detected(rule, scores, true), want) << round;
        found += want.size();
    }
    EXPECT_GT(found, 3000U);
}

/// An event of another class waits for one that may still be confirmed, and no longer than that.
TEST(Confirmation, others_wait_only_while_hits_may_become_an_event) {
    EventRule other{"b", 0.5, 0.5, 0, 0, 1};
    EventDetector detector({confirmed(3, 6), other}, {1, 1});
    std::vector<std::pair<int, std::string>> given;
    int window = 0;
    const auto sink = [&](const label::Event& event) { given.emplace_back(window, event.label); };
    const std::string a = "#.#.......", b = ".#........";
    for (; window < 10; ++window) {
        const auto at = static_cast<std::size_t>(window);
        detector.push(std::array{a[at] == '#' ? 1.0F : 0.0F, b[at] == '#' ? 1.0F : 0.0F}, sink);
    }
    // A third hit in window 5 would make an event that begins with window 0. After that, only one that begins
    // with window 2 is possible, which is later than b's.
    EXPECT_THAT(given, testing::ElementsAre(testing::Pair(5, "b")));
}

TEST(Confirmation, an_event_is_announced_once_it_is_confirmed) {
    EventDetector detector({confirmed(2, 3)}, {1, 1});
    std::vector<label::Event> starts;
    detector.begin({0, true, [&](const label::Event& event) { starts.push_back(event); }});
    const auto push = [&](float score) {
        detector.push(std::array{score}, [](const label::Event&) { FAIL(); });
    };
    push(0.9F);
    push(0);
    EXPECT_TRUE(starts.empty());
    push(0.7F);
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_EQ(starts[0], (label::Event{0, 3, "a", 0.9F}));
}

TEST(Confirmation, counts_smoothed_scores) {
    EventRule rule = confirmed(2, 2);
    rule.median_windows = 3;
    EXPECT_THAT(detected(rule, scores_of("..#.#...")), testing::ElementsAre());
    EXPECT_THAT(detected(rule, scores_of("..##.#..")), testing::ElementsAre(Span(2, 5)));
}

TEST(Confirmation, refuses_what_cannot_be) {
    for (const auto& [hits, windows] : {Span(0, 1), Span(3, 2), Span(1, 10'000), Span(-1, -1)})
        EXPECT_ANY_THROW(EventDetector({confirmed(hits, windows)}, {1, 1}));
}

}  // namespace
}  // namespace earshot::detect
