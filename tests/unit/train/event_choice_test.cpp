#include "train/event_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "detect/event_detector.h"
#include "detect/event_rules.h"

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
    const auto rules = choose_events(labels_alone(), runs, thresholds, false, Objective::event_f1);
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

TEST(EventChoice, seconds_may_be_right_though_events_are_not_whole) {
    const std::vector<HeldOutRun> runs{evening(1), evening(2)};
    const auto rules =
        choose_events(labels_alone(), runs, std::vector{0.5, 0.5, 0.5}, false, Objective::segment_f1);
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
        choose_events(labels_alone(), runs, std::vector{0.5, 0.5, 0.77}, true, Objective::event_f1);
    ASSERT_EQ(rules.size(), 3u);
    EXPECT_EQ(rules[2].on_threshold, 0.77);
    EXPECT_LE(rules[2].off_threshold, 0.77);
}

TEST(EventChoice, without_events_there_are_no_rules) {
    auto run = evening(1);
    run.events.clear();
    EXPECT_TRUE(choose_events(labels_alone(), std::vector{run}, std::vector{0.5, 0.5, 0.5}, false,
                              Objective::event_f1)
                    .empty());
    EXPECT_TRUE(
        choose_events(labels_alone(), {}, std::vector{0.5, 0.5, 0.5}, false, Objective::event_f1).empty());
}

}  // namespace
}  // namespace earshot::train
