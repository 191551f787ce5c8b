#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace earshot {

/// Counts of truth (rows) against prediction (columns), accumulated raw and turned into ratios at the end.
class ConfusionMatrix {
 public:
    explicit ConfusionMatrix(std::size_t classes);
    void add(std::size_t truth, std::size_t predicted, std::uint64_t count = 1);
    std::uint64_t at(std::size_t truth, std::size_t predicted) const { return counts_[truth * classes_ + predicted]; }
    std::size_t classes() const { return classes_; }
    std::uint64_t total() const;

    /// A ratio over nothing is NaN, not 0.
    double accuracy() const;
    double precision(std::size_t c) const;
    double recall(std::size_t c) const;
    double f1(std::size_t c) const;
    double macro_f1() const;           // over the classes that have an F1
    double balanced_accuracy() const;  // mean recall over the classes that occur

 private:
    std::size_t classes_;
    std::vector<std::uint64_t> counts_;
};

/// Area under the ROC curve: probability that a positive scores above a negative, ties counting half.
/// NaN if either is missing.
double roc_auc(std::span<const float> scores, std::span<const bool> positive);

/// Average precision: sum over thresholds of (recall step) x precision, without interpolation.
double average_precision(std::span<const float> scores, std::span<const bool> positive);

/// The threshold with the highest F1, score >= threshold being positive; the middle between the scores on
/// either side of the cut. 0.5 if either kind is missing.
double best_f1_threshold(std::span<const float> scores, std::span<const bool> positive);

}  // namespace earshot
