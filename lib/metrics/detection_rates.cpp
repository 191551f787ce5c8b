#include "metrics/detection_rates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "support/error.h"

namespace earshot::metrics {
namespace {

constexpr int kSteps = 100;
constexpr std::uint64_t kFewNegatives = 10;
constexpr double kDeviations = 3;
constexpr double kLeastScore = 1e-7;  // float32 cannot represent scores closer to 1

double threshold_of(int step) { return static_cast<double>(step) / kSteps; }

struct Counts {
    std::uint64_t positives = 0, negatives = 0, hits = 0, false_alarms = 0;

    DetectionRates rates() const {
        const auto ratio = [](std::uint64_t part, std::uint64_t whole) {
            return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                              : static_cast<double>(part) / static_cast<double>(whole);
        };
        return {ratio(false_alarms, negatives), ratio(positives - hits, positives)};
    }
};

Counts count(std::span<const float> scores, std::span<const bool> positive, double threshold) {
    if (scores.size() != positive.size()) throw Error("metrics: the numbers of scores and truths differ");
    Counts counts;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(scores[i])) throw Error("a score is not a number (the model's weights are damaged)");
        const bool detected = static_cast<double>(scores[i]) >= threshold;
        ++(positive[i] ? counts.positives : counts.negatives);
        if (detected) ++(positive[i] ? counts.hits : counts.false_alarms);
    }
    return counts;
}

/// A score that such negatives rarely reach.
double clear_of_negatives(std::span<const float> scores, std::span<const bool> positive) {
    double count = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (positive[i]) continue;
        const double score = std::clamp(static_cast<double>(scores[i]), kLeastScore, 1 - kLeastScore);
        const double log_odds = std::log(score / (1 - score));
        ++count;
        sum += log_odds;
        squares += log_odds * log_odds;
    }
    const double mean = sum / count, deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
    return 1 / (1 + std::exp(-(mean + kDeviations * deviation)));
}

}  // namespace

double DetectionRates::score() const {
    const double right = (1 - false_alarms) + (1 - misses);
    return right == 0 ? 0 : 2 * (1 - false_alarms) * (1 - misses) / right;
}

DetectionRates detection_rates(std::span<const float> scores, std::span<const bool> positive,
                               double threshold) {
    return count(scores, positive, threshold).rates();
}

double best_score_threshold(std::span<const float> scores, std::span<const bool> positive) {
    const Counts all = count(scores, positive, 0.5);
    if (all.positives == 0 || all.negatives == 0) return 0.5;
    std::array<double, kSteps> score{};
    for (int step = 1; step < kSteps; ++step)
        score[static_cast<std::size_t>(step)] = count(scores, positive, threshold_of(step)).rates().score();
    int best_first = 1, best_count = 0;
    for (int first = 1; first < kSteps;) {
        int end = first + 1;
        while (end < kSteps && score[static_cast<std::size_t>(end)] == score[static_cast<std::size_t>(first)])
            ++end;
        const double here = score[static_cast<std::size_t>(first)],
                     best = score[static_cast<std::size_t>(best_first)];
        if (best_count == 0 || here > best || (here == best && end - first > best_count)) {
            best_first = first;
            best_count = end - first;
        }
        first = end;
    }
    const double lowest = threshold_of(best_first), middle = lowest + threshold_of(best_count - 1) / 2;
    return all.negatives < kFewNegatives ? middle
                                         : std::clamp(clear_of_negatives(scores, positive), lowest, middle);
}

}  // namespace earshot::metrics
