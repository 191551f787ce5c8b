#include "detect/event_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <tuple>

#include "support/error.h"

namespace earshot::detect {
namespace {

using Matrix = std::vector<std::vector<float>>;  // a row of scores per window

/// Windows of one event of class `c`, found with the whole recording in sight: the oracle.
struct Span {
    int first, last;
    std::size_t c;
    float score;
};

std::vector<float> smoothed_offline(const Matrix& scores, std::size_t c, int windows) {
    const int count = static_cast<int>(scores.size());
    std::vector<float> smoothed;
    for (int i = 0; i < count; ++i) {
        std::vector<float> around;
        for (int j = i - windows / 2; j <= i + windows / 2; ++j) {
            around.push_back(scores[static_cast<std::size_t>(std::clamp(j, 0, count - 1))][c]);
        }
        std::ranges::sort(around);
        smoothed.push_back(around[around.size() / 2]);
    }
    return smoothed;
}

std::vector<Span> spans_offline(const std::vector<float>& smoothed, std::size_t c, const EventRule& rule,
                                double hop_s) {
    std::vector<Span> spans;
    const int count = static_cast<int>(smoothed.size());
    const auto at = [&](int i) { return smoothed[static_cast<std::size_t>(i)]; };
    for (int i = 0; i < count; ++i) {
        if (at(i) < rule.on_threshold) continue;
        int last = i;
        while (last + 1 < count && at(last + 1) >= rule.off_threshold) ++last;
        spans.push_back(
            {i, last, c, *std::max_element(&smoothed[static_cast<std::size_t>(i)], &smoothed[0] + last + 1)});
        i = last;
    }
    for (std::size_t k = 1; k < spans.size();) {
        if ((spans[k].first - spans[k - 1].last - 1) * hop_s <= rule.merge_gap_s + 1e-9) {
            spans[k - 1].last = spans[k].last;
            spans[k - 1].score = std::max(spans[k - 1].score, spans[k].score);
            spans.erase(spans.begin() + static_cast<std::ptrdiff_t>(k));
        } else {
            ++k;
        }
    }
    std::erase_if(spans,
                  [&](const Span& s) { return (s.last - s.first + 1) * hop_s < rule.min_duration_s - 1e-9; });
    return spans;
}

/// Where the line from the score of window i to that of the next one meets the threshold; at most 0.45 hops
/// from the border between them.
std::optional<double> crossing_s(const std::vector<float>& scores, int i, double threshold, double hop_s) {
    if (i < 0 || i + 1 >= static_cast<int>(scores.size())) return {};
    const double a = scores[static_cast<std::size_t>(i)], b = scores[static_cast<std::size_t>(i) + 1];
    const double border_s = (i + 1) * hop_s, centre_s = border_s - hop_s / 2;
    return std::clamp(centre_s + hop_s * (threshold - a) / (b - a), border_s - 0.45 * hop_s,
                      border_s + 0.45 * hop_s);
}

/// For windows as long as the hop.
std::vector<label::Event> events_offline(const Matrix& scores, const std::vector<EventRule>& rules,
                                         double hop_s, double end_s) {
    std::vector<Span> spans;
    for (std::size_t c = 0; c < rules.size(); ++c) {
        if (rules[c].label.empty()) continue;
        const auto smoothed = smoothed_offline(scores, c, rules[c].median_windows);
        const auto more = spans_offline(smoothed, c, rules[c], hop_s);
        spans.insert(spans.end(), more.begin(), more.end());
    }
    std::ranges::sort(spans, {}, [](const Span& s) { return std::tuple(s.first, s.c); });
    std::vector<label::Event> events;
    for (const auto& s : spans) {
        double onset_s = s.first * hop_s, offset_s = s.last * hop_s + hop_s;
        const EventRule& rule = rules[s.c];
        if (rule.refine) {
            const auto smoothed = smoothed_offline(scores, s.c, rule.median_windows);
            onset_s = crossing_s(smoothed, s.first - 1, rule.on_threshold, hop_s).value_or(onset_s);
            offset_s = crossing_s(smoothed, s.last, rule.off_threshold, hop_s).value_or(offset_s);
        }
        events.push_back({onset_s, std::min(offset_s, end_s), rule.label, s.score});
    }
    std::ranges::stable_sort(events, {}, &label::Event::onset_s);
    return events;
}

std::vector<label::Event> events_streamed(const Matrix& scores, const std::vector<EventRule>& rules,
                                          windows::WindowGrid grid, double end_s) {
    EventDetector detector(rules, grid);
    std::vector<label::Event> events;
    const auto sink = [&](const label::Event& event) { events.push_back(event); };
    for (const auto& row : scores) detector.push(row, sink);
    detector.finish(end_s, sink);
    return events;
}

void expect_same(const std::vector<label::Event>& got, const std::vector<label::Event>& want) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].label, want[i].label) << i;
        EXPECT_NEAR(got[i].onset_s, want[i].onset_s, 1e-9) << i;
        EXPECT_NEAR(got[i].offset_s, want[i].offset_s, 1e-9) << i;
        EXPECT_EQ(got[i].score, want[i].score) << i;
    }
}

/// Scores that wander, so that there are events of all lengths.
Matrix random_scores(std::mt19937& random, int windows, std::size_t classes) {
    Matrix scores;
    std::vector<double> level(classes, 0.5);
    for (int i = 0; i < windows; ++i) {
        std::vector<float> row;
        for (auto& value : level) {
            value += std::uniform_real_distribution(-0.4, 0.4)(random);
            value = std::clamp(value, 0.0, 1.0);
            row.push_back(static_cast<float>(value));
        }
        scores.push_back(row);
    }
    return scores;
}

std::vector<EventRule> random_rules(std::mt19937& random, std::size_t classes, double hop_s) {
    const auto number = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
    std::vector<EventRule> rules;
    for (std::size_t c = 0; c < classes; ++c) {
        EventRule rule;
        rule.label = number(0, 4) == 0 ? "" : std::string(1, static_cast<char>('a' + c));
        rule.on_threshold = number(3, 9) / 10.0;
        rule.off_threshold = rule.on_threshold * number(3, 10) / 10.0;
        rule.min_duration_s = number(0, 4) * hop_s;
        rule.merge_gap_s = number(0, 4) * hop_s;
        rule.median_windows = 2 * number(0, 4) + 1;
        rule.refine = number(0, 1) == 1;
        rules.push_back(rule);
    }
    return rules;
}

TEST(EventDetector, agrees_with_a_look_at_the_whole_recording) {
    std::mt19937 random(1);
    std::size_t found = 0;
    for (int round = 0; round < 1000; ++round) {
        const double hop_s = std::array{0.1, 1.0, 0.25}[static_cast<std::size_t>(round % 3)];
        const auto classes = static_cast<std::size_t>(1 + round % 4);
        const auto rules = random_rules(random, classes, hop_s);
        const auto scores = random_scores(random, std::uniform_int_distribution(0, 60)(random), classes);
        const double end_s =
            static_cast<double>(scores.size()) * hop_s - (round % 2 == 0 ? 0.0 : 0.4 * hop_s);
        const auto want = events_offline(scores, rules, hop_s, end_s);
        expect_same(events_streamed(scores, rules, {hop_s, hop_s}, end_s), want);
        found += want.size();
    }
    EXPECT_GT(found, 2000u);  // or the agreement would mean little
}

/// All continuations of two classes by `length` windows of scores 0, 0.5 or 1.
template <class Visit>
void visit_continuations(Matrix& scores, int length, Visit&& visit) {
    visit();
    if (length == 0) return;
    for (const float a : {0.0f, 0.5f, 1.0f}) {
        for (const float b : {0.0f, 0.5f, 1.0f}) {
            scores.push_back({a, b});
            visit_continuations(scores, length - 1, visit);
            scores.pop_back();
        }
    }
}

TEST(EventDetector, gives_an_event_as_soon_as_no_continuation_can_change_it) {
    std::mt19937 random(2);
    const double hop_s = 1, endless = 1e9;
    for (int round = 0; round < 6; ++round) {
        std::vector<EventRule> rules(2);
        rules[0] = {"a", 0.9, 0.4, static_cast<double>(round % 3), static_cast<double>(round % 2), 1};
        rules[1] = {"b", 0.9, 0.4, static_cast<double>(round / 2), static_cast<double>(round / 3), 1};
        EventDetector detector(rules, {hop_s, hop_s});
        std::vector<label::Event> given;
        Matrix scores;
        for (int window = 0; window < 12; ++window) {
            const auto draw = [&] {
                return static_cast<float>(std::uniform_int_distribution(0, 2)(random)) / 2;
            };
            scores.push_back({draw(), draw()});
            detector.push(scores.back(), [&](const label::Event& event) { given.push_back(event); });

            std::optional<std::vector<label::Event>> certain;  // what all continuations begin with
            visit_continuations(scores, 3, [&] {
                const auto events = events_offline(scores, rules, hop_s, endless);
                if (!certain) certain = events;
                const auto [end, other] = std::ranges::mismatch(*certain, events);
                certain->erase(end, certain->end());
            });
            expect_same(given, *certain);
        }
    }
}

TEST(EventDetector, at_once_gives_the_same_events_each_when_it_is_certain_itself) {
    std::mt19937 random(4);
    for (int round = 0; round < 50; ++round) {
        const auto rules = random_rules(random, 3, 1);
        const auto scores = random_scores(random, 60, 3);
        EventDetector detector(rules, {1, 1});
        std::vector<label::Event> events, starts;
        detector.begin({0, true, [&](const label::Event& event) { starts.push_back(event); }});
        const auto sink = [&](const label::Event& event) { events.push_back(event); };
        for (const auto& row : scores) {
            const auto before = events.size();
            detector.push(row, sink);
            // A class by itself has no other to wait for: it gives the event with this very score.
            for (std::size_t i = before; i < events.size(); ++i)
                EXPECT_LE(events[i].offset_s, static_cast<double>(&row - scores.data()) + 0.45);
        }
        detector.finish(60, sink);
        const auto by_onset = [](const label::Event& a, const label::Event& b) {
            return std::tie(a.onset_s, a.label) < std::tie(b.onset_s, b.label);
        };
        // Each has had its start, of the same onset, and nothing else has.
        ASSERT_EQ(starts.size(), events.size());
        for (const auto& event : events) {
            EXPECT_EQ(std::ranges::count_if(starts,
                                            [&](const label::Event& start) {
                                                return start.onset_s == event.onset_s &&
                                                       start.label == event.label &&
                                                       start.score <= event.score;
                                            }),
                      1);
        }
        std::ranges::sort(events, by_onset);
        expect_same(events, events_offline(scores, rules, 1, 60));
    }
}

TEST(EventDetector, an_event_is_announced_when_it_can_no_longer_be_dropped) {
    EventDetector detector({{"a", 0.5, 0.5, 3, 0, 1}}, {1, 1});
    std::vector<label::Event> starts;
    detector.begin({10, false, [&](const label::Event& event) { starts.push_back(event); }});
    const auto push = [&](float score) {
        detector.push(std::array{score}, [](const label::Event&) { FAIL(); });
    };
    push(0);
    push(0.6f);
    push(0.9f);
    EXPECT_TRUE(starts.empty());
    push(0.7f);
    push(1);
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_EQ(starts[0], (label::Event{11, 14, "a", 0.9f}));
}

TEST(EventDetector, cools_down_after_an_event) {
    EventRule rule{"a", 0.5, 0.5, 0, 0, 1};
    rule.cool_down_s = 3;
    const auto events = [&](std::string_view pattern) {
        EventDetector detector({rule}, {1, 1});
        std::vector<std::pair<double, double>> spans;
        const auto sink = [&](const label::Event& event) {
            spans.emplace_back(event.onset_s, event.offset_s);
        };
        for (const char c : pattern) detector.push(std::array{c == '#' ? 1.0f : 0.0f}, sink);
        detector.finish(static_cast<double>(pattern.size()), sink);
        return spans;
    };
    using testing::ElementsAre;
    using testing::Pair;
    EXPECT_THAT(events("##.#.##"), ElementsAre(Pair(0, 2), Pair(5, 7)));
    EXPECT_THAT(events("#.######"), ElementsAre(Pair(0, 1), Pair(4, 8)));  // what sounds on begins late
    EXPECT_THAT(events("#..#...#"), ElementsAre(Pair(0, 1), Pair(7, 8)));
    rule.min_duration_s = 2;
    EXPECT_THAT(events("#.##...."), ElementsAre(Pair(2, 4))) << "what is dropped leaves nothing to cool";
    rule.merge_gap_s = 1;
    EXPECT_THAT(events("#.#....#"), ElementsAre(Pair(0, 3))) << "gaps are filled first";
}

TEST(EventDetector, starts_anew_after_the_end) {
    std::mt19937 random(3);
    const auto rules = random_rules(random, 3, 1);
    EventDetector detector(rules, {1, 1});
    for (int round = 0; round < 20; ++round) {
        const auto scores = random_scores(random, round * 3, 3);
        std::vector<label::Event> events;
        const auto sink = [&](const label::Event& event) { events.push_back(event); };
        for (const auto& row : scores) detector.push(row, sink);
        detector.finish(1e9, sink);
        expect_same(events, events_offline(scores, rules, 1, 1e9));
    }
}

TEST(EventDetector, memory_stays_bounded_while_one_event_never_ends) {
    EventDetector detector({{"hum", 0.5, 0.5, 0, 0, 1}, {"tick", 0.5, 0.5, 0, 0, 1}}, {1, 1});
    std::size_t ticks = 0;
    double last_onset = -1;
    for (int window = 0; window < 100'000; ++window) {
        const std::array scores{1.0f, window % 2 == 0 ? 1.0f : 0.0f};
        detector.push(scores, [&](const label::Event& event) {
            EXPECT_GT(event.onset_s, last_onset);
            last_onset = event.onset_s;
            ++ticks;
        });
    }
    EXPECT_EQ(ticks, 50'000 - EventDetector::kMaxWaiting);
    std::size_t rest = 0;
    detector.finish(100'000, [&](const label::Event&) { ++rest; });
    EXPECT_EQ(rest, EventDetector::kMaxWaiting + 1);
}

TEST(EventDetector, overlapping_windows_speak_for_the_hop_around_their_centres) {
    const EventRule rule{"a", 0.5, 0.5, 0, 0, 1};
    const windows::WindowGrid grid{1, 3};  // windows 0-3, 1-4, 2-5, ... s; slots 0-2, 2-3, 3-4, ...
    const auto only = [&](int first, int last, int count) {
        Matrix scores;
        for (int i = 0; i < count; ++i) scores.push_back({i >= first && i <= last ? 1.0f : 0.0f});
        const auto events = events_streamed(scores, {rule}, grid, 1e9);
        EXPECT_EQ(events.size(), 1u);
        return std::pair(events.at(0).onset_s, events.at(0).offset_s);
    };
    EXPECT_EQ(only(2, 3, 8), std::pair(3.0, 5.0));
    EXPECT_EQ(only(0, 0, 8), std::pair(0.0, 2.0));   // the first also for what is before its centre
    EXPECT_EQ(only(6, 7, 8), std::pair(7.0, 10.0));  // the last also for what is after it
    EXPECT_EQ(only(0, 7, 8), std::pair(0.0, 10.0));
}

TEST(EventDetector, events_end_with_the_recording) {
    const EventRule rule{"a", 0.5, 0.5, 0, 0, 1};
    const auto events = events_streamed({{0}, {1}, {1}}, {rule}, {2, 2}, 5.3);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0], (label::Event{2, 5.3, "a", 1.0}));
}

TEST(EventDetector, a_background_class_makes_no_events) {
    EXPECT_TRUE(events_streamed({{1}, {1}}, {EventRule{}}, {1, 1}, 2).empty());
}

TEST(EventDetector, refuses_rules_out_of_bounds) {
    const auto refused = [](const EventRule& rule) { EXPECT_THROW(EventDetector({rule}, {1, 1}), Error); };
    refused({"a", 0.5, 0.6, 0, 0, 1});
    refused({"a", std::nan(""), 0.5, 0, 0, 1});
    refused({"a", 0.5, 0.5, -1, 0, 1});
    refused({"a", 0.5, 0.5, 0, std::nan(""), 1});
    refused({"a", 0.5, 0.5, 0, 0, 2});
    refused({"a", 0.5, 0.5, 0, 0, -1});
    refused({"a", 0.5, 0.5, 0, 0, 10'001});
    EXPECT_THROW(EventDetector({}, {0, 1}), Error);
}

/// A window of 2.5 s every 0.1 s hears what lies in it as a whole: of any length and place, down to the hop.
TEST(EventDetector, what_windows_hear_anywhere_in_them_lies_where_they_overlap) {
    constexpr double kHop = 0.1, kWindow = 2.5, kEnd = 20;
    const windows::WindowGrid grid{.hop_s = kHop, .window_s = kWindow, .anywhere = true};
    for (const double onset_s : {3.02, 7.5, 12.34}) {
        for (const double length_s : {0.3, 0.81, 2.0}) {
            Matrix scores;
            for (int i = 0; grid.window_offset_s(i) <= kEnd; ++i) {
                const bool whole =
                    grid.window_onset_s(i) <= onset_s && grid.window_offset_s(i) >= onset_s + length_s;
                scores.push_back({whole ? 0.9F : 0.1F});
            }
            const auto events = events_streamed(scores, {{"a", 0.5, 0.5, 0, 0, 1}}, grid, kEnd);
            ASSERT_EQ(events.size(), 1U);
            EXPECT_NEAR(events[0].onset_s, onset_s, kHop + 1e-9);
            EXPECT_NEAR(events[0].offset_s, onset_s + length_s, kHop + 1e-9);
        }
    }
    // Where they do not all overlap, slots say as much as can be said.
    expect_same(events_streamed(Matrix(40, {1.0F}), {{"a", 0.5, 0.5, 0, 0, 1}}, grid, 6.4),
                events_streamed(Matrix(40, {1.0F}), {{"a", 0.5, 0.5, 0, 0, 1}}, {kHop, kWindow}, 6.4));
}

TEST(EventDetector, limits_beyond_any_recording_are_no_overflow) {
    const double huge = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(events_streamed({{1}, {1}}, {{"a", 0.5, 0.5, huge, 0, 1}}, {1, 1}, 2).empty());
    EXPECT_EQ(events_streamed({{1}, {0}, {1}}, {{"a", 0.5, 0.5, 0, huge, 1}}, {1, 1}, 3).size(), 1u);
}

TEST(EventDetector, refuses_scores_that_are_no_numbers) {
    EventDetector detector({{"a", 0.5, 0.5, 0, 0, 1}}, {1, 1});
    const std::array bad{std::numeric_limits<float>::quiet_NaN()};
    EXPECT_THROW(detector.push(bad, [](const label::Event&) {}), Error);
}

}  // namespace
}  // namespace earshot::detect
