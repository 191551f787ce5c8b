#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace earshot::metrics {

/// Counts of truth (rows) against prediction (columns), accumulated raw and turned into ratios at the end.
/// A ratio with denominator 0 is NaN, not 0.
class ConfusionMatrix {
 public:
    explicit ConfusionMatrix(std::size_t classes);
    void add(std::size_t truth, std::size_t predicted, std::uint64_t count = 1);
    std::uint64_t at(std::size_t truth, std::size_t predicted) const {
        return counts_[truth * classes_ + predicted];
    }
    std::size_t classes() const { return classes_; }
    std::uint64_t total() const;
    std::uint64_t support(std::size_t c) const;    // how often c is the truth
    std::uint64_t predicted(std::size_t c) const;  // how often c is the answer

    /// Fraction of correct answers. With one label per window this is also the micro average of precision,
    /// recall and F1, since each wrong answer is one false positive and one false negative.
    double accuracy() const;
    double precision(std::size_t c) const;  // NaN if c is never the answer
    double recall(std::size_t c) const;     // NaN if c is never the truth
    double f1(std::size_t c) const;         // NaN if c is neither

    /// Plain means over the classes that are the truth or the answer at least once; there a
    /// denominator of 0 counts as ratio 0, so that a class that the model never predicts does not raise the
    /// mean.
    double macro_precision() const;
    double macro_recall() const;
    double macro_f1() const;
    double balanced_accuracy() const;  // mean recall over the classes that occur

 private:
    std::size_t classes_;
    std::vector<std::uint64_t> counts_;
};

// The three below: scores and positive have one entry a window; equal scores are cut together.
// @throws Error if a score is not a number

/// Area under the ROC curve: probability that a positive scores above a negative, ties counting half.
/// NaN if either is missing.
double roc_auc(std::span<const float> scores, std::span<const bool> positive);

/// Average precision: sum over thresholds of (recall step) x precision, without interpolation.
/// NaN without a positive.
double average_precision(std::span<const float> scores, std::span<const bool> positive);

/// The threshold with the highest F1, score >= threshold being positive; the middle between the scores on
/// either side of the cut, the highest threshold of equals. The lowest score itself if all should be
/// positive, 0.5 if either kind is missing.
double best_f1_threshold(std::span<const float> scores, std::span<const bool> positive);

/// A threshold that is robust with few scores: of those whose F1 is within one standard error of the best,
/// the nearest to 0.5, which is where training separates scores. 0.5 itself if it is among them, otherwise
/// the middle between the scores on either side of the cut; 0.5 if positives or negatives are missing.
///
/// The rule of one standard error is of Breiman, Friedman, Olshen and Stone, Classification and Regression
/// Trees (1984), section 3.4.3. With J = TP / (TP + FP + FN) as a proportion of n = TP + FP + FN trials,
/// and one success and one failure added so that small samples stay uncertain, F1 = 2J / (1 + J) has the
/// standard error 2 / (1 + J)^2 sqrt(J (1 - J) / n).
double cautious_f1_threshold(std::span<const float> scores, std::span<const bool> positive);

}  // namespace earshot::metrics
