#include "metrics/psds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "metrics/intersection.h"
#include "support/error.h"

namespace earshot::metrics {
namespace {

ScoreSequence sequence(double step_s, std::size_t labels, const std::vector<double>& scores) {
    ScoreSequence sequence{{}, scores};
    for (std::size_t i = 0; i <= scores.size() / labels; ++i)
        sequence.times_s.push_back(step_s * static_cast<double>(i));
    return sequence;
}

TEST(Psds, a_perfect_detector_has_1) {
    Psds psds(psds1(), 1);
    psds.add(std::vector<LabelEvents>{{{{1, 2}}, {}}}, sequence(1, 1, {0, 1, 0, 0}), 4);
    EXPECT_DOUBLE_EQ(psds.result().score, 1);
    EXPECT_DOUBLE_EQ(psds.result().labels[0], 1);
}

TEST(Psds, an_event_behind_false_alarms_counts_from_their_rate_on) {
    // In 360 s, 5 louder false alarms: 50 an hour. The event is found at half of the greatest rate.
    std::vector<double> scores(360, 0);
    for (std::size_t i = 0; i < 5; ++i) scores[20 * i] = 0.9;
    scores[200] = 0.5;
    Psds psds(psds1(), 1);
    psds.add(std::vector<LabelEvents>{{{{200, 201}}, {}}}, sequence(1, 1, scores), 360);
    EXPECT_NEAR(psds.result().score, 0.5, 1e-12);
}

TEST(Psds, unequal_labels_lose_the_deviation) {
    // One label is perfect and the other is never found: mean 1/2, deviation 1/2.
    Psds psds(psds1(), 2);
    psds.add(std::vector<LabelEvents>{{{{1, 2}}, {}}, {{{1, 2}}, {}}}, sequence(1, 2, {0, 0, 1, 0, 0, 0}), 3);
    const auto result = psds.result();
    EXPECT_NEAR(result.score, 0, 1e-7);
    EXPECT_DOUBLE_EQ(result.labels[0], 1);
    EXPECT_DOUBLE_EQ(result.labels[1], 0);
}

TEST(Psds, labels_without_events_have_no_part_and_nothing_is_not_a_number) {
    Psds psds(psds2(), 2);
    psds.add(std::vector<LabelEvents>{{{{1, 2}}, {}}, {}}, sequence(1, 2, {0, 1, 1, 1, 0, 0}), 3);
    EXPECT_DOUBLE_EQ(psds.result().score, 1);
    EXPECT_TRUE(std::isnan(psds.result().labels[1]));
    Psds nothing(psds2(), 1);
    nothing.add(std::vector<LabelEvents>{{}}, sequence(1, 1, {1}), 1);
    EXPECT_TRUE(std::isnan(nothing.result().score));
}

TEST(ScoreSequence, time_between_steps_is_not_heard) {
    ScoreSequence scores;
    const double loud[] = {1.0};
    scores.add(0, 1, loud);
    scores.add(2, 3, loud);
    EXPECT_EQ(scores.steps(), 3);
    EXPECT_EQ(scores.scores[1], ScoreSequence::kUnheard);
    const LabelEvents events[] = {{{{0, 3}}, {}}};
    const auto changes = sweep_thresholds(events, scores, {0.5, 0.7, {}}, 0);
    EXPECT_TRUE(changes[0].empty());  // two detections that cover two thirds: no hit, no false positive
    EXPECT_THROW(scores.add(2.5, 4, loud), Error);
    EXPECT_THROW(scores.add(4, 4, loud), Error);
    const double none[] = {std::nan("")};
    EXPECT_THROW(scores.add(5, 6, none), Error);
}

/// Counts at one threshold, step by step and event by event.
struct Counts {
    int hits = 0, false_positives = 0;
    std::map<std::size_t, int> crossing;
};

Counts count_at(const std::vector<LabelEvents>& events, const ScoreSequence& scores, std::size_t label,
                double threshold, const OverlapCriteria& criteria) {
    const std::size_t labels = events.size();
    std::vector<Interval> detected;
    bool on = false;
    for (std::size_t i = 0; i < scores.steps(); ++i) {
        const double score = scores.scores[i * labels + label];
        const bool reached = score >= threshold && std::isfinite(score);
        if (reached && !on) detected.push_back({scores.times_s[i], 0});
        if (reached) detected.back().offset_s = scores.times_s[i + 1];
        on = reached;
    }
    const auto within = [&](const Interval& one, std::size_t of) {
        double seconds = 0;
        for (const auto& event : events[of].reference) {
            const double begin = std::max(one.onset_s, event.onset_s);
            seconds += std::max(0.0, std::min(one.offset_s, event.offset_s) - begin);
        }
        return seconds;
    };
    Counts counts;
    std::vector<Interval> relevant;
    for (const auto& one : detected) {
        if (reaches(within(one, label), criteria.detection, one.length_s())) {
            relevant.push_back(one);
            continue;
        }
        ++counts.false_positives;
        for (std::size_t other = 0; other < labels && criteria.cross_trigger; ++other) {
            if (other == label || events[other].reference.empty()) continue;
            counts.crossing[other] += reaches(within(one, other), *criteria.cross_trigger, one.length_s());
        }
    }
    for (const auto& event : events[label].reference) {
        double covered = 0;
        for (const auto& one : relevant) {
            const double begin = std::max(one.onset_s, event.onset_s);
            covered += std::max(0.0, std::min(one.offset_s, event.offset_s) - begin);
        }
        counts.hits += reaches(covered, criteria.reference, event.length_s());
    }
    return counts;
}

/// Random events and scores that follow them, of few levels, so that some are equal.
ScoreSequence random_scores(std::mt19937& random, std::vector<LabelEvents>& events, std::size_t steps) {
    std::uniform_real_distribution<double> time(0, static_cast<double>(steps) * 0.1);
    for (auto& label : events) {
        for (std::size_t i = random() % 4; i > 0; --i) {
            const double onset = std::round(time(random) * 1000) / 1000;
            label.reference.push_back({onset, onset + 0.25 + 0.001 * static_cast<double>(random() % 2000)});
        }
    }
    std::vector<double> scores;
    for (std::size_t i = 0; i < steps; ++i) {
        for (const auto& label : events) {
            const double middle = (static_cast<double>(i) + 0.5) * 0.1;
            const bool inside = std::ranges::any_of(label.reference, [&](const Interval& event) {
                return event.onset_s <= middle && middle < event.offset_s;
            });
            scores.push_back(0.05 * static_cast<double>(random() % 14) + (inside ? 0.3 : 0));
        }
    }
    return sequence(0.1, events.size(), scores);
}

TEST(SweepThresholds, as_each_threshold_alone) {
    std::mt19937 random(3);
    const OverlapCriteria all[] = {psds1().criteria, psds2().criteria, {0.5, 0.5, 0.5}};
    std::size_t changed = 0;
    for (int round = 0; round < 60; ++round) {
        std::vector<LabelEvents> events(3);
        const auto scores = random_scores(random, events, 60);
        const auto& criteria = all[round % 3];
        const auto changes = sweep_thresholds(events, scores, criteria, 0);
        for (std::size_t label = 0; label < events.size(); ++label) {
            std::set<double, std::greater<>> thresholds(scores.scores.begin(), scores.scores.end());
            for (const double threshold : thresholds) {
                Counts sum;
                for (const auto& change : changes[label]) {
                    if (change.score < threshold) continue;
                    sum.hits += change.hits;
                    sum.false_positives += change.false_positives;
                    if (change.other != ThresholdChange::kOwn)
                        sum.crossing[change.other] += change.cross_triggers;
                }
                const auto want = count_at(events, scores, label, threshold, criteria);
                EXPECT_EQ(sum.hits, want.hits) << threshold;
                EXPECT_EQ(sum.false_positives, want.false_positives) << threshold;
                for (const auto& [other, count] : want.crossing) EXPECT_EQ(sum.crossing[other], count);
            }
            changed += changes[label].size();
        }
    }
    EXPECT_GT(changed, 500);
}

TEST(Psds, a_sample_is_as_if_its_recordings_were_given_so_often) {
    std::mt19937 random(5);
    const std::uint32_t times[] = {0, 3, 1, 2, 0, 1};
    Psds drawn(psds2(), 3), given(psds2(), 3);
    for (const auto many : times) {
        std::vector<LabelEvents> events(3);
        const auto scores = random_scores(random, events, 80);
        drawn.add(events, scores, 80);
        for (std::uint32_t i = 0; i < many; ++i) given.add(events, scores, 80);
    }
    const auto a = drawn.result(times), b = given.result();
    EXPECT_GT(b.score, 0);
    EXPECT_NEAR(a.score, b.score, 1e-9);
    for (std::size_t label = 0; label < 3; ++label) EXPECT_NEAR(a.labels[label], b.labels[label], 1e-9);
}

}  // namespace
}  // namespace earshot::metrics
