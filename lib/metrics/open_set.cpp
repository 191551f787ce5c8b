#include "metrics/open_set.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "metrics/cuts.h"
#include "support/error.h"

namespace earshot::metrics {
namespace {

double middle(float above, float below) {
    return (static_cast<double>(above) + static_cast<double>(below)) / 2;
}

/// A threshold just below the cut.
double threshold_of(const std::vector<Scored>& sorted, std::size_t end) {
    const float above = sorted[end - 1].score;
    return end < sorted.size() ? middle(above, sorted[end].score) : static_cast<double>(above);
}

void check_scores(std::span<const float> scores) {
    if (std::ranges::any_of(scores, [](float score) { return std::isnan(score); }))
        throw Error("a score is not a number (the model's weights are damaged)");
}

}  // namespace

std::vector<PrecisionRecall> precision_recall_curve(std::span<const float> scores,
                                                    std::span<const bool> positive) {
    const auto positives = static_cast<std::uint64_t>(std::ranges::count(positive, true));
    const auto sorted = highest_first(scores, positive);
    std::vector<PrecisionRecall> curve;
    if (positives == 0) return curve;
    visit_cuts(sorted, [&](const ScoreCut&, const ScoreCut& cut) {
        curve.push_back({sorted[cut.end - 1].score, ratio(cut.true_positives, cut.end),
                         ratio(cut.true_positives, positives)});
    });
    return curve;
}

std::vector<OpenSetPoint> open_set_roc(std::span<const float> best, std::span<const bool> known,
                                       std::span<const bool> right) {
    if (best.size() != known.size() || best.size() != right.size())
        throw Error("metrics: the numbers of scores and truths differ");
    check_scores(best);
    std::vector<std::size_t> order(best.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return best[a] > best[b]; });
    const auto all_known = static_cast<std::uint64_t>(std::ranges::count(known, true));
    const std::uint64_t all_unknown = known.size() - all_known;
    std::vector<OpenSetPoint> curve;
    if (all_known == 0 || all_unknown == 0) return curve;
    std::uint64_t correct = 0, false_positives = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t window = order[i];
        correct += known[window] && right[window];
        false_positives += !known[window];
        if (i + 1 < order.size() && best[order[i + 1]] == best[window]) continue;
        curve.push_back({best[window], ratio(correct, all_known), ratio(false_positives, all_unknown)});
    }
    return curve;
}

double open_set_area(std::span<const OpenSetPoint> curve) {
    if (curve.empty()) return std::numeric_limits<double>::quiet_NaN();
    double area = 0;
    OpenSetPoint before{1, 0, 0};
    for (const OpenSetPoint& point : curve) {
        area += (point.false_positives - before.false_positives) * (point.correct + before.correct) / 2;
        before = point;
    }
    return area;
}

double correct_at(std::span<const OpenSetPoint> curve, double false_positives) {
    double correct = 0;
    for (const OpenSetPoint& point : curve)
        if (point.false_positives <= false_positives) correct = point.correct;
    return correct;
}

WantedThreshold precision_threshold(std::span<const float> scores, std::span<const bool> positive,
                                    double precision) {
    const auto sorted = highest_first(scores, positive);
    WantedThreshold chosen{0.5, false};
    double best_precision = -1;
    std::uint64_t best_hits = 0;
    visit_cuts(sorted, [&](const ScoreCut&, const ScoreCut& cut) {
        if (cut.true_positives == 0) return;
        const double here = ratio(cut.true_positives, cut.end);
        const bool reaches = here >= precision;
        const bool better = reaches          ? !chosen.reached || cut.true_positives > best_hits
                            : chosen.reached ? false
                                             : here > best_precision ||
                                                   (here == best_precision && cut.true_positives > best_hits);
        if (!better) return;
        chosen = {threshold_of(sorted, cut.end), reaches};
        best_precision = here;
        best_hits = cut.true_positives;
    });
    return chosen;
}

void add_window(std::vector<BackgroundRun>& runs, std::size_t window, bool follows) {
    if (follows && !runs.empty() && runs.back().first + runs.back().count == window) {
        ++runs.back().count;
    } else {
        runs.push_back({window, 1});
    }
}

std::uint64_t false_alarms(std::span<const float> scores, std::span<const BackgroundRun> runs,
                           double threshold) {
    check_scores(scores);
    std::uint64_t alarms = 0;
    for (const BackgroundRun& run : runs) {
        bool sounding = false;
        for (const float score : scores.subspan(run.first, run.count)) {
            const bool before = std::exchange(sounding, static_cast<double>(score) >= threshold);
            alarms += sounding && !before;
        }
    }
    return alarms;
}

double false_alarm_threshold(std::span<const float> scores, std::span<const BackgroundRun> runs,
                             std::uint64_t most) {
    check_scores(scores);
    std::vector<std::size_t> order;
    std::vector<bool> same_run(scores.size() + 1);  // as the window before
    for (const BackgroundRun& run : runs) {
        for (std::size_t i = run.first; i < run.first + run.count; ++i) {
            order.push_back(i);
            same_run[i] = i > run.first;
        }
    }
    if (order.empty()) return 0;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    std::vector<bool> sounding(scores.size() + 1);
    std::int64_t alarms = 0;
    double above = 1;  // the threshold must lie below this score, or 1
    for (std::size_t i = 0; i < order.size();) {
        const float score = scores[order[i]];
        for (; i < order.size() && scores[order[i]] == score;
             ++i) {  // a window joins adjacent ones, or is a new alarm
            const std::size_t window = order[i];
            alarms += 1 - (same_run[window] && sounding[window - 1]) -
                      (same_run[window + 1] && sounding[window + 1]);
            sounding[window] = true;
        }
        if (alarms > static_cast<std::int64_t>(most)) return (above + static_cast<double>(score)) / 2;
        above = score;
    }
    return above;
}

}  // namespace earshot::metrics
