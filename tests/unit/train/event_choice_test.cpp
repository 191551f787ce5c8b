#include "train/event_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "detect/event_detector.h"
#include "detect/event_rules.h"
#include "detect/median_smoother.h"
#include "metrics/intersection.h"
#include "metrics/psds.h"
#include "support/error.h"

namespace earshot::train {
namespace {

/// Events of 2 to 6 s. Their scores are 0.8 with dips of 0.2 s, and elsewhere 0.1 with spikes of 0.1 s.
HeldOutRun evening(unsigned seed) {
    std::mt19937 random(seed);
    const auto tenths = [&](int low, int high) {
        return low + static_cast<int>(random() % static_cast<unsigned>(high - low));
    };
    HeldOutRun run;
    run.grid = {0.1, 0.1, 10};
    std::vector<float> cry(600, 0.1F);
    for (std::size_t i = 5; i < cry.size(); i += 37) cry[i] = 0.9F;
    for (int at = tenths(20, 60); at + 60 < 600;) {
        const int length = tenths(20, 60);
        for (int i = at; i < at + length; ++i)
            cry[static_cast<std::size_t>(i)] = (i - at) % 8 > 5 && i + 1 < at + length ? 0.1F : 0.8F;
        cry[static_cast<std::size_t>(at + length - 2)] = 0.8F;
        run.events.push_back({10 + at / 10.0, 10 + (at + length) / 10.0, "cry", {}});
        at += length + tenths(60, 90);
    }
    for (const float score : cry) run.scores.insert(run.scores.end(), {1 - score, 0.3F, score});
    run.end_s = 70;
    return run;
}

TrainingSet labels_alone() {
    TrainingSet set;
    set.labels = {"background", "bark", "cry"};
    set.background = "background";
    return set;
}

std::vector<label::Event> detected(const std::vector<model::EventDefaults>& rules, const HeldOutRun& run) {
    model::ModelFile file;
    file.labels = {"background", "bark", "cry"};
    file.background = "background";
    file.thresholds = {0.5, 0.5, 0.5};
    file.events = rules;
    detect::EventDetector detector(detect::make_event_rules(file, {}, run.grid.hop_s).classes, run.grid);
    std::vector<label::Event> events;
    const detect::EventDetector::Sink keep = [&](const label::Event& event) { events.push_back(event); };
    detector.begin({run.grid.start_s, false, {}});
    for (std::size_t at = 0; at < run.scores.size(); at += 3)
        detector.push(std::span(run.scores).subspan(at, 3), keep);
    detector.finish(run.end_s, keep);
    return events;
}

// The oracle is the detector: with the rules that were chosen on some evenings it finds the events of others
// whole.
TEST(EventChoice, rules_make_whole_events_of_scores_that_dip_and_spike) {
    std::vector<HeldOutRun> runs;
    for (unsigned seed = 0; seed < 4; ++seed) runs.push_back(evening(seed));
    const std::vector<double> thresholds{0.5, 0.4, 0.85};
    const auto rules =
        choose_events(labels_alone(), runs, thresholds, {Objective::event_f1, false, {}}).rules;
    ASSERT_EQ(rules.size(), 3u);
    EXPECT_EQ(rules[0], (model::EventDefaults{0.5, 0.5, 0, 0, 0, true}));  // the background
    EXPECT_EQ(rules[1], (model::EventDefaults{0.4, 0.4, 0, 0, 0, true}));  // never happened
    for (unsigned seed = 10; seed < 14; ++seed) {
        const auto run = evening(seed);
        const auto events = detected(rules, run);
        ASSERT_EQ(events.size(), run.events.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            EXPECT_NEAR(events[i].onset_s, run.events[i].onset_s, 0.31);
            EXPECT_NEAR(events[i].offset_s, run.events[i].offset_s, 0.31);
        }
    }
}

/// Scores of 1 where there is an event and 0 elsewhere, in windows of 0.04 s.
HeldOutRun clear_evening(double event_s) {
    HeldOutRun run;
    run.grid = {0.04, 0.04};
    run.end_s = 12 * event_s + 1;
    for (int i = 0; i < 3; ++i)
        run.events.push_back({(4 * i + 1) * event_s + 0.36, (4 * i + 2) * event_s + 0.36, "cry", {}});
    for (int i = 0; i * 0.04 < run.end_s - 1e-9; ++i) {
        const double t_s = (i + 0.5) * 0.04;
        const bool sounds = std::ranges::any_of(
            run.events, [&](const auto& event) { return t_s > event.onset_s && t_s < event.offset_s; });
        run.scores.insert(run.scores.end(), {0, 0, sounds ? 1.0F : 0.0F});
    }
    return run;
}

TEST(EventChoice, where_scores_leave_it_open_the_lengths_of_the_events_decide) {
    const std::vector<double> thresholds{0.5, 0.5, 0.5};
    const auto rule_for = [&](double event_s) {
        const std::vector<HeldOutRun> runs{clear_evening(event_s)};
        return choose_events(labels_alone(), runs, thresholds, {}).rules.at(2);
    };
    // Of 4 s: expected are a median of 1 s, gaps of 0.8 s, a shortest event of 1.6 s; tried are 0.6 and 1.2,
    // 0.5 and 1, 1 and 2. Half the threshold is nearer to 0.4 of it than 0.3, in octaves.
    const auto of_long = rule_for(4);
    EXPECT_EQ(of_long.on_threshold, 0.5);
    EXPECT_EQ(of_long.off_threshold, 0.25);
    EXPECT_NEAR(of_long.median_s, 1.2, 0.041);
    EXPECT_EQ(of_long.merge_gap_s, 1);
    EXPECT_EQ(of_long.min_duration_s, 2);
    // Of 0.4 s: 0.1, 0.08 and 0.16 s.
    const auto of_short = rule_for(0.4);
    EXPECT_NEAR(of_short.median_s, 0.12, 0.041);
    EXPECT_EQ(of_short.merge_gap_s, 0);
    EXPECT_EQ(of_short.min_duration_s, 0.25);
}

TEST(EventChoice, seconds_may_be_right_though_events_are_not_whole) {
    const std::vector<HeldOutRun> runs{evening(1), evening(2)};
    const auto rules =
        choose_events(labels_alone(), runs, std::vector{0.5, 0.5, 0.5}, {Objective::segment_f1, false, {}})
            .rules;
    ASSERT_EQ(rules.size(), 3u);
    const auto run = evening(12);
    const auto events = detected(rules, run);
    for (const auto& event : run.events) {
        const double middle_s = (event.onset_s + event.offset_s) / 2;
        EXPECT_TRUE(std::ranges::any_of(events, [&](const auto& found) {
            return found.onset_s < middle_s + 0.5 && found.offset_s > middle_s - 0.5;
        }));
    }
    for (const auto& found : events) {
        EXPECT_TRUE(std::ranges::any_of(run.events, [&](const auto& event) {
            return found.onset_s < event.offset_s && found.offset_s > event.onset_s;
        })) << found.onset_s;
    }
}

TEST(EventChoice, thresholds_that_were_asked_for_stay) {
    const std::vector<HeldOutRun> runs{evening(1), evening(2)};
    const auto rules =
        choose_events(labels_alone(), runs, std::vector{0.5, 0.5, 0.77}, {Objective::event_f1, true, {}})
            .rules;
    ASSERT_EQ(rules.size(), 3u);
    EXPECT_EQ(rules[2].on_threshold, 0.77);
    EXPECT_LE(rules[2].off_threshold, 0.77);
}

/// Events of 1 s and, as often, sounds that are none and have scores up to just below 0.75.
HeldOutRun with_alarms(unsigned seed) {
    std::mt19937 random(seed);
    HeldOutRun run;
    run.grid = {0.1, 0.1, 0};
    run.end_s = 360;
    std::vector<float> cry(3600, 0.05F);
    for (std::size_t at = 10; at + 50 < cry.size(); at += 40) {
        const bool event = at / 40 % 2 == 0;
        const float score = event ? 0.35F + 0.6F * static_cast<float>(random() % 1000) / 1000
                                  : 0.05F + 0.7F * static_cast<float>(random() % 1000) / 1000;
        std::fill_n(cry.begin() + static_cast<std::ptrdiff_t>(at), 10, score);
        if (event)
            run.events.push_back(
                {static_cast<double>(at) / 10, static_cast<double>(at + 10) / 10, "cry", {}});
    }
    for (const float score : cry) run.scores.insert(run.scores.end(), {1 - score, 0.6F * score, score});
    return run;
}

metrics::LabelEvents beside(const std::vector<label::Event>& found, const HeldOutRun& run,
                            const std::string& label) {
    metrics::LabelEvents events;
    for (const auto& event : found)
        if (event.label == label) events.detected.push_back({event.onset_s, event.offset_s});
    for (const auto& event : run.events)
        if (event.label == label) events.reference.push_back({event.onset_s, event.offset_s});
    return events;
}

// The oracle is the detector again: what it finds with the chosen rules has as many false alarms as wanted,
// by the count of earshot evaluate, and more of them with a rule that was not limited.
TEST(EventChoice, false_alarms_are_limited) {
    const std::vector<HeldOutRun> runs{with_alarms(1), with_alarms(2), with_alarms(3)};
    const std::vector<double> thresholds{0.5, 0.5, 0.5};
    const auto alarms = [&](const EventChoice& choice, const std::string& label) {
        std::uint64_t count = 0;
        for (const auto& run : runs)
            count += metrics::count_false_alarms(beside(detected(choice.rules, run), run, label));
        return count;
    };
    const auto right = [&](const EventChoice& choice) {
        std::uint64_t hits = 0;
        for (const auto& run : runs)
            hits += metrics::match_intersections(beside(detected(choice.rules, run), run, "cry"), {}).hits;
        return hits;
    };
    const auto open = choose_events(labels_alone(), runs, thresholds, {});
    EXPECT_GT(alarms(open, "cry"), 12U);
    std::uint64_t before = 0;
    for (const double most : {0.0, 3.0, 12.0}) {  // in 0.3 hours
        const auto choice =
            choose_events(labels_alone(), runs, thresholds, {Objective::false_alarms, false, most / 0.3});
        EXPECT_LE(alarms(choice, "cry"), static_cast<std::uint64_t>(most));
        EXPECT_LE(alarms(choice, "bark"), static_cast<std::uint64_t>(most));  // never happens, and is bounded
        EXPECT_TRUE(choice.missed.empty());
        EXPECT_GE(right(choice), before);  // a narrower limit finds no more
        EXPECT_GT(right(choice), 20U);     // of those above all that is none
        before = right(choice);
    }
    EXPECT_GT(right(open), before);
}

TEST(EventChoice, a_label_that_cannot_be_silenced_is_named) {
    auto run = with_alarms(1);
    for (std::size_t at = 2; at < run.scores.size() / 2; at += 3) run.scores[at] = at / 3 % 130 < 30 ? 1 : 0;
    const EventWish wish{Objective::false_alarms, false, 1.0};
    const std::vector<double> thresholds{0.5, 0.5, 0.5};
    const auto choice = choose_events(labels_alone(), std::vector{run}, thresholds, wish);
    EXPECT_EQ(choice.missed, std::vector<std::string>{"cry"});
    EXPECT_EQ(choice.rules.size(), 3U);
    EXPECT_THROW(choose_events(labels_alone(), {}, thresholds, wish), Error);
}

/// The PSDS of a label's scores, smoothed as scipy.ndimage.median_filter(mode="nearest") does it.
double psds_of(const std::vector<HeldOutRun>& runs, std::size_t c, int windows) {
    metrics::Psds psds(metrics::psds1(), 1);
    for (const auto& run : runs) {
        const auto count = static_cast<std::int64_t>(run.scores.size() / 3);
        metrics::ScoreSequence sequence;
        for (std::int64_t i = 0; i < count; ++i) {
            std::vector<double> around;
            for (std::int64_t k = i - windows / 2; k <= i + windows / 2; ++k)
                around.push_back(
                    run.scores[static_cast<std::size_t>(std::clamp<std::int64_t>(k, 0, count - 1)) * 3 + c]);
            std::ranges::nth_element(around, around.begin() + windows / 2);
            const double middle = around[static_cast<std::size_t>(windows / 2)];
            sequence.add(run.grid.slot_s(i), run.grid.slot_s(i + 1), {&middle, 1});
        }
        const auto events = beside({}, run, "cry");
        psds.add({&events, 1}, sequence, run.end_s - run.grid.start_s);
    }
    return psds.result().score;
}

TEST(EventChoice, psds_is_best_with_the_median_that_is_chosen_for_it) {
    std::mt19937 random(9);
    for (const int length : {1, 3, 9}) {  // of dips and spikes, in windows: each wants another median
        std::vector<HeldOutRun> runs{with_alarms(1), with_alarms(2)};
        for (auto& run : runs) {
            for (std::size_t at = 2; at + 60 < run.scores.size(); at += 3 * (10 + random() % 20)) {
                for (int i = 0; i < length / 2; ++i)
                    run.scores[at + 3 * static_cast<std::size_t>(i)] = random() % 2 ? 0.97F : 0.02F;
            }
        }
        const auto rule =
            choose_events(labels_alone(), runs, std::vector{0.5, 0.5, 0.5}, {Objective::psds, false, {}})
                .rules.at(2);
        const int chosen = rule.median_s > 0 ? static_cast<int>(std::lround(rule.median_s / 0.1)) : 1;
        const double best = psds_of(runs, 2, chosen);
        std::vector<double> others;
        for (const double median_s : {0., .12, .28, .6, 1.2, 2.4, 4.})  // as far as the grid goes
            others.push_back(
                psds_of(runs, 2, static_cast<int>(detect::MedianSmoother::nearest_odd(median_s / 0.1))));
        EXPECT_NEAR(best, *std::ranges::max_element(others), 1e-9) << length << ' ' << chosen;
        EXPECT_LT(*std::ranges::min_element(others), best - 0.01);  // so that there was something to choose
    }
}

TEST(EventChoice, without_events_there_are_no_rules) {
    auto run = evening(1);
    run.events.clear();
    const std::vector thresholds{0.5, 0.5, 0.5};
    EXPECT_TRUE(choose_events(labels_alone(), std::vector{run}, thresholds, {}).rules.empty());
    EXPECT_TRUE(choose_events(labels_alone(), {}, thresholds, {}).rules.empty());
}

}  // namespace
}  // namespace earshot::train
