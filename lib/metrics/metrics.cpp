#include "metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "metrics/cuts.h"

namespace earshot::metrics {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// Mean of ratio_of(c) over the classes that are the truth or the answer at least once, NaN counting as 0.
template <class Ratio>
double macro(const ConfusionMatrix& matrix, Ratio&& ratio_of) {
    double sum = 0;
    int classes = 0;
    for (std::size_t c = 0; c < matrix.classes(); ++c) {
        if (matrix.support(c) + matrix.predicted(c) == 0) continue;
        const double value = ratio_of(c);
        sum += std::isnan(value) ? 0 : value;
        ++classes;
    }
    return classes == 0 ? kUndefined : sum / classes;
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::size_t classes) : classes_(classes), counts_(classes * classes) {}

void ConfusionMatrix::add(std::size_t truth, std::size_t predicted, std::uint64_t count) {
    counts_[truth * classes_ + predicted] += count;
}

std::uint64_t ConfusionMatrix::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::uint64_t ConfusionMatrix::support(std::size_t c) const {
    std::uint64_t sum = 0;
    for (std::size_t other = 0; other < classes_; ++other) sum += at(c, other);
    return sum;
}

std::uint64_t ConfusionMatrix::predicted(std::size_t c) const {
    std::uint64_t sum = 0;
    for (std::size_t other = 0; other < classes_; ++other) sum += at(other, c);
    return sum;
}

double ConfusionMatrix::accuracy() const {
    std::uint64_t right = 0;
    for (std::size_t c = 0; c < classes_; ++c) right += at(c, c);
    return ratio(right, total());
}

double ConfusionMatrix::precision(std::size_t c) const { return ratio(at(c, c), predicted(c)); }

double ConfusionMatrix::recall(std::size_t c) const { return ratio(at(c, c), support(c)); }

double ConfusionMatrix::f1(std::size_t c) const { return ratio(2 * at(c, c), support(c) + predicted(c)); }

double ConfusionMatrix::macro_precision() const {
    return macro(*this, [this](std::size_t c) { return precision(c); });
}

double ConfusionMatrix::macro_recall() const {
    return macro(*this, [this](std::size_t c) { return recall(c); });
}

double ConfusionMatrix::macro_f1() const {
    return macro(*this, [this](std::size_t c) { return f1(c); });
}

double ConfusionMatrix::balanced_accuracy() const {
    double sum = 0;
    int occurring = 0;
    for (std::size_t c = 0; c < classes_; ++c) {
        if (support(c) == 0) continue;
        sum += recall(c);
        ++occurring;
    }
    return occurring == 0 ? kUndefined : sum / occurring;
}

double roc_auc(std::span<const float> scores, std::span<const bool> positive) {
    double ordered_pairs = 0;
    const auto all =
        visit_cuts(highest_first(scores, positive), [&](const ScoreCut& before, const ScoreCut& after) {
            const auto negatives = static_cast<double>(after.false_positives - before.false_positives);
            ordered_pairs +=
                negatives * static_cast<double>(before.true_positives + after.true_positives) / 2;
        });
    if (all.true_positives == 0 || all.false_positives == 0) return kUndefined;
    return ordered_pairs / static_cast<double>(all.true_positives) / static_cast<double>(all.false_positives);
}

double average_precision(std::span<const float> scores, std::span<const bool> positive) {
    double sum = 0;
    const auto all =
        visit_cuts(highest_first(scores, positive), [&](const ScoreCut& before, const ScoreCut& after) {
            const double precision =
                ratio(after.true_positives, after.true_positives + after.false_positives);
            sum += static_cast<double>(after.true_positives - before.true_positives) * precision;
        });
    return all.true_positives == 0 ? kUndefined : sum / static_cast<double>(all.true_positives);
}

double cautious_f1_threshold(std::span<const float> scores, std::span<const bool> positive) {
    const auto sorted = highest_first(scores, positive);
    const auto positives =
        static_cast<std::uint64_t>(std::ranges::count_if(sorted, [](const Scored& s) { return s.positive; }));
    if (positives == 0 || positives == sorted.size()) return 0.5;
    const auto f1 = [&](const ScoreCut& cut) { return ratio(2 * cut.true_positives, cut.end + positives); };
    ScoreCut best;
    visit_cuts(sorted, [&](const ScoreCut&, const ScoreCut& cut) {
        if (best.end == 0 || f1(cut) > f1(best)) best = cut;
    });
    const auto trials = static_cast<double>(positives + best.false_positives) + 2;
    const double jaccard = (static_cast<double>(best.true_positives) + 1) / trials;
    const double error = 2 / std::pow(1 + jaccard, 2) * std::sqrt(jaccard * (1 - jaccard) / trials);

    double threshold = INFINITY;
    visit_cuts(sorted, [&](const ScoreCut&, const ScoreCut& cut) {
        if (f1(cut) < f1(best) - error) return;
        const double above = sorted[cut.end - 1].score;
        const double below = cut.end < sorted.size() ? sorted[cut.end].score : above;
        const double here = below < 0.5 && 0.5 <= above ? 0.5 : (above + below) / 2;
        if (std::abs(here - 0.5) < std::abs(threshold - 0.5)) threshold = here;
    });
    return threshold;
}

double best_f1_threshold(std::span<const float> scores, std::span<const bool> positive) {
    const auto sorted = highest_first(scores, positive);
    const auto positives =
        static_cast<std::uint64_t>(std::ranges::count_if(sorted, [](const Scored& s) { return s.positive; }));
    if (positives == 0 || positives == sorted.size()) return 0.5;
    double best_f1 = -1;
    double threshold = 0.5;
    visit_cuts(sorted, [&](const ScoreCut&, const ScoreCut& cut) {
        const double f1 = ratio(2 * cut.true_positives, cut.end + positives);
        if (f1 <= best_f1) return;
        best_f1 = f1;
        const double above = sorted[cut.end - 1].score;
        // In double precision the middle of two floats is strictly between them.
        threshold =
            cut.end < sorted.size() ? (above + static_cast<double>(sorted[cut.end].score)) / 2 : above;
    });
    return threshold;
}

}  // namespace earshot::metrics
