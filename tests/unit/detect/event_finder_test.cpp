#include "detect/event_finder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "support/error.h"

namespace earshot::detect {
namespace {

using Matrix = std::vector<std::vector<float>>;  // a row of scores per window
using Events = std::vector<label::Event>;

/// What came of a recording.
struct Found {
    Events events, starts;
    std::vector<std::string> rejected;  // as lines
    std::vector<std::size_t> known;     // windows that had been heard when each event came out
};

/// With a level of a window in dBFS for each row; none: all are loud.
Found find(const EventRules& rules, const Matrix& scores, windows::WindowGrid grid, bool at_once,
           const std::vector<double>& levels = {}) {
    Found found;
    std::size_t heard = 0;
    const auto sink = [&](const label::Event& event) {
        found.events.push_back(event);
        found.known.push_back(heard);
    };
    EventFinder finder(rules, scores.front().size(), grid);
    finder.begin({0, at_once, [&](const label::Event& event) { found.starts.push_back(event); },
                  [&](const Rejection& rejection) {
                      found.rejected.push_back(rejection_row("f", rejection).dump());
                  }});
    for (std::size_t i = 0; i < scores.size(); ++i) {
        ++heard;
        finder.push(scores[i], levels.empty() ? 0 : levels[i], sink);
    }
    finder.finish(grid.window_offset_s(static_cast<std::int64_t>(scores.size()) - 1), sink);
    return found;
}

/// A string of one label's scores, `#` 1, `+` 0.45, `-` 0.3, others 0.
std::vector<float> scores_of(std::string_view pattern) {
    const std::map<char, float> values{{'#', 1.0F}, {'+', 0.45F}, {'-', 0.3F}};
    std::vector<float> scores;
    for (const char c : pattern) scores.push_back(values.contains(c) ? values.at(c) : 0.0F);
    return scores;
}

Matrix rows(std::initializer_list<std::string_view> patterns) {
    Matrix scores(patterns.begin()->size());
    for (const auto pattern : patterns) {
        const auto column = scores_of(pattern);
        for (std::size_t i = 0; i < scores.size(); ++i) scores[i].push_back(column.at(i));
    }
    return scores;
}

/// Rules for labels a, b and so on with a threshold of 0.5.
EventRules plain(std::size_t labels) {
    EventRules rules;
    for (std::size_t c = 0; c < labels; ++c)
        rules.classes.push_back({std::string(1, static_cast<char>('a' + c)), 0.5, 0.5, 0, 0, 1});
    return rules;
}

std::vector<std::pair<double, std::string>> onsets(const Events& events) {
    std::vector<std::pair<double, std::string>> all;
    for (const auto& event : events) all.emplace_back(event.onset_s, event.label);
    return all;
}

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Suppression, mutes_what_is_close_enough_before_and_after_and_what_overlaps) {
    EventRules rules = plain(2);
    rules.suppressions = {{"a", "b", 2}};
    const auto left = [&](std::string_view a, std::string_view b) {
        const auto scores = rows({a, b});
        const auto in_order = find(rules, scores, {1, 1}, false).events;
        EXPECT_EQ(onsets(in_order).size(), find(rules, scores, {1, 1}, true).events.size());
        std::vector<double> of_a;
        for (const auto& event : in_order)
            if (event.label == "a") of_a.push_back(event.onset_s);
        return of_a;
    };
    EXPECT_THAT(left("#.......", "...#...."), IsEmpty()) << "b begins 2 s after a ends";
    EXPECT_THAT(left("#.......", "....#..."), ElementsAre(0));
    EXPECT_THAT(left("...#....", "#......."), IsEmpty()) << "b ended 2 s before a begins";
    EXPECT_THAT(left("....#...", "#......."), ElementsAre(4));
    EXPECT_THAT(left("#######.", "...#...."), IsEmpty());
    EXPECT_THAT(left("...#....", "########"), IsEmpty());
    EXPECT_THAT(left("#......#", "........"), ElementsAre(0, 7));
}

TEST(Suppression, what_is_muted_still_mutes) {
    EventRules rules = plain(3);
    rules.suppressions = {{"a", "b", 1}, {"b", "a", 1}, {"c", "b", 1}};
    const auto found = find(rules, rows({"#.......", "#.......", "..#....#"}), {1, 1}, true);
    EXPECT_THAT(onsets(found.events), ElementsAre(Pair(7, "c")));
}

TEST(Suppression, labels_that_only_mute_are_neither_events_nor_starts_nor_rejected) {
    EventRules rules = plain(2);
    rules.suppressions = {{"a", "b", 1}};
    rules.unreported = {"b"};
    const auto found = find(rules, rows({"#...#...", "#.-....."}), {1, 1}, true);
    EXPECT_THAT(onsets(found.events), ElementsAre(Pair(4, "a")));
    EXPECT_THAT(onsets(found.starts), ElementsAre(Pair(4, "a")));
    EXPECT_THAT(found.rejected,
                ElementsAre(R"({"file":"f","onset":0.0,"offset":1.0,"label":"a","score":1.0,)"
                            R"("reason":"suppressed","near":"b","near_onset":0.0,"within":1.0})"));
}

TEST(Suppression, waits_no_longer_than_the_rule_needs) {
    EventRules rules = plain(2);
    rules.suppressions = {{"a", "b", 3}};
    // a ends at 1 s. Window 4 begins at 4 s; a b there would still mute it, one in window 5 would not.
    EXPECT_THAT(find(rules, rows({"#.........", ".........."}), {1, 1}, true).known, ElementsAre(5));
    EXPECT_THAT(find(rules, rows({"#.........", "....-....."}), {1, 1}, true).known, ElementsAre(5));
    // A sound that must last 3 windows to be a b keeps it waiting until it is known not to.
    rules.classes[1].min_duration_s = 3;
    EXPECT_THAT(find(rules, rows({"#.........", "...##....."}), {1, 1}, true).known, ElementsAre(6));
    // The endless b mutes at once, so a needs no b's end. Events of other labels do not wait.
    rules = plain(3);
    rules.suppressions = {{"a", "b", 3}};
    const auto hum = find(rules, rows({"..#.......", "##########", ".....#...."}), {1, 1}, true);
    EXPECT_THAT(onsets(hum.events), ElementsAre(Pair(5, "c"), Pair(0, "b")));
    EXPECT_THAT(hum.known, ElementsAre(7, 10));
}

TEST(EventFinder, an_event_ends_before_another_starts_with_the_same_window) {
    EventFinder finder(plain(2), 2, {1, 1});
    std::vector<std::string> told;
    const auto tell = [&](const char* what) {
        return [&told, what](const label::Event& event) { told.push_back(what + event.label); };
    };
    finder.begin({0, true, tell("start ")});
    for (const auto& row : rows({"#.", ".#"})) finder.push(row, 0, tell("end "));
    EXPECT_THAT(told, ElementsAre("start a", "end a", "start b"));
}

TEST(Suppression, memory_stays_bounded) {
    EventRules rules = plain(2);
    rules.suppressions = {{"a", "b", 1e9}};
    EventFinder finder(rules, 2, {1, 1});
    for (const bool at_once : {false, true}) {
        finder.begin({0, at_once});
        std::size_t given = 0;
        const auto sink = [&](const label::Event&) { ++given; };
        for (int i = 0; i < 20'000; ++i) finder.push(std::array{i % 2 == 0 ? 1.0F : 0.0F, 0.0F}, 0, sink);
        EXPECT_EQ(given, 10'000 - Suppressor::kMaxWaiting);
        finder.finish(20'000, sink);
        EXPECT_EQ(given, 10'000);
    }
}

/// Events without rules of suppression, of which those are dropped that the words of the rule say.
Events by_definition(const EventRules& rules, const Matrix& scores, windows::WindowGrid grid) {
    EventRules without = rules;
    without.suppressions.clear();
    const auto all = find(without, scores, grid, false).events;
    Events left;
    std::ranges::copy_if(all, std::back_inserter(left), [&](const label::Event& event) {
        return std::ranges::none_of(rules.suppressions, [&](const SuppressionRule& rule) {
            return rule.label == event.label && std::ranges::any_of(all, [&](const label::Event& other) {
                       const double gap_s =
                           std::max(other.onset_s - event.offset_s, event.onset_s - other.offset_s);
                       return other.label == rule.near && gap_s <= rule.within_s + 1e-6;
                   });
        });
    });
    return left;
}

struct RandomCase {
    EventRules rules;
    Matrix scores;
    windows::WindowGrid grid;
};

RandomCase random_case(std::mt19937& random) {
    const auto number = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
    RandomCase made;
    made.grid = std::array<windows::WindowGrid, 3>{
        {{1, 1}, {0.5, 2}, {0.5, 3, 0, true}}}[static_cast<std::size_t>(number(0, 2))];
    made.rules = plain(4);
    for (auto& rule : made.rules.classes) {
        rule.off_threshold = number(0, 1) == 0 ? 0.5 : 0.3;
        rule.min_duration_s = number(0, 3);
        rule.merge_gap_s = number(0, 3);
        rule.cool_down_s = number(0, 1) * number(0, 4);
        rule.median_windows = 2 * number(0, 1) + 1;
        rule.confirm.windows = number(1, 4);
        rule.confirm.hits = number(1, rule.confirm.windows);
    }
    for (int i = number(1, 4); i > 0; --i) {
        const int label = number(0, 3), near = (label + number(1, 3)) % 4;
        made.rules.suppressions.push_back({std::string(1, static_cast<char>('a' + label)),
                                           std::string(1, static_cast<char>('a' + near)),
                                           number(0, 6) / 2.0});
    }
    for (int i = number(1, 80); i > 0; --i) {
        std::vector<float> row;
        for (int c = 0; c < 4; ++c) row.push_back(static_cast<float>(number(0, 14)) / 20);
        made.scores.push_back(row);
    }
    return made;
}

TEST(Suppression, agrees_with_its_definition_live_and_in_order) {
    std::mt19937 random(11);
    std::size_t kept = 0, muted = 0;
    for (int round = 0; round < 3000; ++round) {
        const auto [rules, scores, grid] = random_case(random);
        const auto want = by_definition(rules, scores, grid);
        const auto in_order = find(rules, scores, grid, false), live = find(rules, scores, grid, true);
        ASSERT_EQ(in_order.events, want) << round;
        const auto sorted = [](auto values) {
            std::ranges::sort(values);
            return values;
        };
        const auto keys = [](const Events& events) {
            std::vector<std::tuple<double, double, std::string, double>> all;
            for (const auto& event : events)
                all.emplace_back(event.onset_s, event.offset_s, event.label, event.score.value());
            return all;
        };
        ASSERT_EQ(sorted(keys(live.events)), sorted(keys(want))) << round;
        ASSERT_EQ(sorted(live.rejected), sorted(in_order.rejected)) << round;
        ASSERT_EQ(live.starts.size(), live.events.size()) << round;
        kept += want.size();
        for (const auto& line : live.rejected) muted += line.find("suppressed") != std::string::npos;
    }
    EXPECT_GT(kept, 3000U);
    EXPECT_GT(muted, 1000U);
}

/// Reason and onset of each rejection of a pattern of one label.
std::vector<std::string> reasons(const EventRule& rule, std::string_view pattern) {
    EventRules rules;
    rules.classes = {rule};
    std::vector<std::string> all;
    for (const auto& line : find(rules, rows({pattern}), {1, 1}, false).rejected) {
        const auto row = nlohmann::json::parse(line);
        all.push_back(fmt::format("{} {:g}-{:g}", row["reason"].get<std::string>(),
                                  row["onset"].get<double>(), row["offset"].get<double>()));
    }
    return all;
}

TEST(Rejections, say_why_a_sound_made_no_event) {
    EventRule rule{"a", 0.5, 0.5, 0, 0, 1};
    EXPECT_THAT(reasons(rule, "..-+...#.."), ElementsAre("threshold 2-4"));
    EXPECT_THAT(reasons(rule, "......--"), ElementsAre("threshold 6-8")) << "to the end";
    EXPECT_THAT(reasons(rule, ".-##--..-"), ElementsAre("threshold 8-9"))
        << "what leads up to an event or fades out after it is part of it";
    rule.merge_gap_s = 2;
    EXPECT_THAT(reasons(rule, "#--#--...-.."), ElementsAre("threshold 9-10"));
    rule.merge_gap_s = 0;
    rule.min_duration_s = 2;
    EXPECT_THAT(reasons(rule, "#.##.#"), ElementsAre("short 0-1", "short 5-6"));
    EXPECT_THAT(reasons(rule, "-#-.."), ElementsAre("short 1-2"));
    rule.min_duration_s = 0;
    rule.cool_down_s = 4;
    EXPECT_THAT(reasons(rule, "#.#-###..."), ElementsAre("cool-down 2-5")) << "the event begins at 5 s";
    EXPECT_THAT(reasons(rule, "#.#.#....#"), ElementsAre("cool-down 2-3", "cool-down 4-5"));
    rule.cool_down_s = 0;
    rule.confirm = {3, 5};
    EXPECT_THAT(reasons(rule, "..#.#....."), ElementsAre("confirm 2-5"));
    EXPECT_THAT(reasons(rule, "..#.#.#..."), IsEmpty());
    EXPECT_THAT(reasons(rule, "..#.......#"), ElementsAre("confirm 2-3", "confirm 10-11"));
    EXPECT_THAT(reasons(rule, "..--....."), ElementsAre("threshold 2-4"));
}

TEST(Rejections, have_the_details_of_their_reason) {
    EventRules rules = plain(1);
    auto& rule = rules.classes[0];
    rule.on_threshold = rule.off_threshold = 0.6;
    const auto lines = [&](std::string_view pattern, const std::vector<double>& levels = {}) {
        return find(rules, rows({pattern}), {1, 1}, false, levels).rejected;
    };
    const auto line = [](const std::string& rest) { return R"({"file":"f","onset":1.0,"offset":)" + rest; };
    EXPECT_THAT(lines(".-+..."),
                ElementsAre(line(R"(3.0,"label":"a","score":0.45,"reason":"threshold","threshold":0.6})")));
    rule.min_duration_s = 2;
    EXPECT_THAT(lines(".#...."),
                ElementsAre(line(R"(2.0,"label":"a","score":1.0,"reason":"short","min_duration":2.0})")));
    rule.min_duration_s = 0;
    rule.confirm = {3, 4};
    EXPECT_THAT(
        lines(".##..."),
        ElementsAre(line(R"(3.0,"label":"a","score":1.0,"reason":"confirm","windows":2,"confirm":"3/4"})")));
    rule.confirm = {};
    rules.min_level_dbfs = -40;
    EXPECT_THAT(lines(".##...", {0, -60, -50, 0, 0, 0}),
                ElementsAre(line(
                    R"(3.0,"label":"a","score":1.0,"reason":"level","level":-50.0,"min_level":-40.0})")));
    rules.min_level_dbfs.reset();
    rule.cool_down_s = 3;
    const auto cold = lines("#.#...");
    ASSERT_EQ(cold.size(), 1U);
    EXPECT_THAT(cold[0], testing::HasSubstr(R"("reason":"cool-down","until":4.0})"));
}

TEST(Rejections, near_is_half_of_the_threshold) {
    EventRules rules = plain(1);
    rules.classes[0].on_threshold = rules.classes[0].off_threshold = 0.8;
    EXPECT_THAT(find(rules, {{0}, {0.4F}, {0}}, {1, 1}, false).rejected, testing::SizeIs(1));
    EXPECT_THAT(find(rules, {{0}, {0.399F}, {0}}, {1, 1}, false).rejected, IsEmpty());
}

/// No window with a high score is lost: it is in an event or in a line that says why not.
TEST(Rejections, account_for_every_window_that_reaches_the_threshold) {
    std::mt19937 random(12);
    std::size_t hits = 0;
    for (int round = 0; round < 1000; ++round) {
        auto [rules, scores, grid] = random_case(random);
        if (grid.window_s > grid.hop_s) continue;
        for (auto& rule : rules.classes) rule.median_windows = 1;
        const auto found = find(rules, scores, grid, true);
        for (std::size_t c = 0; c < rules.classes.size(); ++c) {
            const auto& rule = rules.classes[c];
            if (rule.confirm.hits > 1) continue;  // what leads up to a confirmed event is not listed
            for (std::size_t i = 0; i < scores.size(); ++i) {
                if (static_cast<double>(scores[i][c]) < rule.on_threshold) continue;
                const double time_s = static_cast<double>(i) + 0.5;
                const auto covers = [&](const label::Event& event) {
                    return event.label == rule.label && event.onset_s < time_s && time_s < event.offset_s;
                };
                const auto line_covers = [&](const std::string& line) {
                    const auto row = nlohmann::json::parse(line);
                    return covers({row["onset"], row["offset"], row["label"], {}});
                };
                EXPECT_TRUE(std::ranges::any_of(found.events, covers) ||
                            std::ranges::any_of(found.rejected, line_covers))
                    << round << " " << rule.label << " " << i;
                ++hits;
            }
        }
    }
    EXPECT_GT(hits, 5000U);
}

TEST(SuppressionRules, are_read_whatever_labels_contain) {
    const auto rule = [](const std::string& text, std::vector<std::string> labels) {
        const auto rules = parse_suppressions(std::array{text}, labels);
        return std::tuple(rules.at(0).label, rules.at(0).near, rules.at(0).within_s);
    };
    EXPECT_EQ(rule("crying near dog:5s", {"crying", "dog"}), std::tuple("crying", "dog", 5));
    EXPECT_EQ(rule("baby crying near big dog:2m", {"baby crying", "big dog"}),
              std::tuple("baby crying", "big dog", 120));
    EXPECT_EQ(rule("car near house near dog:1s", {"car near house", "dog", "car"}),
              std::tuple("car near house", "dog", 1));
    EXPECT_EQ(rule("a near b: c:1.5", {"a", "b: c"}), std::tuple("a", "b: c", 1.5));
}

TEST(SuppressionRules, refuse_what_cannot_be_meant) {
    const auto message = [](const std::string& text, std::vector<std::string> labels = {"a", "b"}) {
        try {
            parse_suppressions(std::array{text}, labels);
        } catch (const UsageError& error) {
            return std::string(error.what());
        }
        return std::string("nothing");
    };
    using testing::HasSubstr;
    for (const char* text : {"a", "a near b", "a:5s", "a nearb:5s", "a:5s near b", ""})
        EXPECT_THAT(message(text), HasSubstr("write LABEL near OTHER:5s")) << text;
    EXPECT_THAT(message("a near c:5s"), HasSubstr("no label 'c' (labels: a, b)"));
    EXPECT_THAT(message("c near a:5s"), HasSubstr("no label 'c'"));
    EXPECT_THAT(message("a near b:soon"), HasSubstr("write LABEL near OTHER:5s"));
    EXPECT_THAT(message("a near b:"), HasSubstr("write LABEL near OTHER:5s"));
    EXPECT_THAT(message("a near b:-1"), HasSubstr("write LABEL near OTHER:5s"));
    EXPECT_THAT(message("a near b:61m"), HasSubstr("61m: at most 3600 s"));
    EXPECT_THAT(message("a near b:1h"), testing::StrEq("nothing"));
    EXPECT_THAT(message("a near a:5s"), HasSubstr("cannot mute itself (see --cool-down)"));
    EXPECT_THAT(message("a near b near c:1s", {"a", "b near c", "a near b", "c"}),
                HasSubstr("either 'a' near 'b near c', or 'a near b' near 'c'"));
}

}  // namespace
}  // namespace earshot::detect
