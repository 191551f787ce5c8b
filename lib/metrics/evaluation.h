#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/detection_rates.h"
#include "metrics/metrics.h"
#include "metrics/open_set.h"

namespace earshot::metrics {

/// Ratios of one label, or of all together; NaN if the denominator is 0.
struct Ratios {
    double precision, recall, f1;
    double average_precision, roc_auc;  // areas under the curves of precision over recall, and of ROC
};

/// How a model that may answer `unknown` decides: the likeliest label that reaches its threshold, the
/// background only if no other label does, and `unknown` if none does.
struct OpenSetRule {
    std::vector<double> thresholds;  // of each label
    std::optional<std::size_t> background;
    std::size_t unknown;  // index of that label
};

/// Answers of a model and the truth, window by window. The answer is the label with the highest score, or
/// follows an OpenSetRule. The areas need every score, so 4 bytes per label and window are kept.
class Evaluation {
 public:
    explicit Evaluation(std::vector<std::string> labels, std::optional<OpenSetRule> rule = {});

    /// @param truth   index of the label
    /// @param scores  one per label
    /// @throws Error if a score is not a number
    void add(std::size_t truth, std::span<const float> scores);
    /// A window in which several labels sound at once: in the confusion the likeliest of them is the truth,
    /// in the figures of each label all are positive. @param truths  at least one
    void add(std::span<const std::size_t> truths, std::span<const float> scores);

    const std::vector<std::string>& labels() const { return labels_; }
    const ConfusionMatrix& confusion() const { return confusion_; }

    Ratios of_label(std::size_t c) const;
    /// Mean over the labels that are the truth or the answer at least once (ConfusionMatrix::macro_f1), for
    /// the areas over those that have one.
    Ratios macro() const;
    /// Pooled over all pairs of window and label.
    Ratios micro() const;

    /// Scores of some labels, and which of them are the truth.
    struct Pairs {
        std::vector<float> scores;
        std::unique_ptr<bool[]> positive;  // std::vector<bool> has no span
        std::span<const bool> truth() const { return {positive.get(), scores.size()}; }
    };
    /// Of one label, window after window.
    Pairs of_label_alone(std::size_t c) const { return pairs(c, c + 1); }

    /// Of scores against the truth of one label.
    std::vector<PrecisionRecall> precision_recall(std::size_t c) const;

    /// How well unknown windows are distinguished from known ones: every label except `unknown` and the
    /// background is known. The score of a window is that of its likeliest known label.
    struct OpenSet {
        std::uint64_t known = 0, unknown = 0;  // windows
        double roc_auc;                        // known against unknown
        std::vector<OpenSetPoint> curve;
    };
    /// Empty without an OpenSetRule.
    std::optional<OpenSet> open_set() const;

    /// A threshold for each label, for a high F1 of this label against the others (cautious_f1_threshold).
    std::vector<double> thresholds() const;

    /// The threshold of each label with the best balance of false alarms and misses (best_score_threshold).
    std::vector<double> balanced_thresholds() const;
    /// False alarms and misses of each label at its threshold.
    std::vector<DetectionRates> detection_rates(std::span<const double> thresholds) const;

 private:
    Pairs pairs(std::size_t first, std::size_t last) const;
    std::size_t answer(std::span<const float> scores) const;
    bool known(std::size_t c) const { return c != rule_->unknown && c != rule_->background; }
    Ratios areas(std::size_t first, std::size_t last, Ratios ratios) const;

    std::vector<std::string> labels_;
    std::optional<OpenSetRule> rule_;
    ConfusionMatrix confusion_;
    std::vector<float> scores_;        // windows x labels
    std::vector<std::size_t> truths_;  // windows
    struct Beside {
        std::size_t window, label;
    };
    std::vector<Beside> beside_;  // labels that sound beside the truth, by window
};

/// The figures as JSON, numbers to six decimals, NaN as null: what earshot-evaluate(1)
/// prints and model.json keeps.
nlohmann::ordered_json evaluation_json(const Evaluation& evaluation);

/// False alarms and misses of each label at its threshold:
/// {"phrase": {"threshold", "far", "frr", "score"}}.
/// @param without  labels that are not detections: background and unknown
nlohmann::ordered_json detection_json(const Evaluation& evaluation, std::span<const double> thresholds,
                                      const std::vector<std::string>& without);

/// The figures as tables of aligned columns for people: confusion, ratios of each label, means.
/// @param unit  what is judged: window, or recording
std::string evaluation_text(const Evaluation& evaluation, std::string_view unit = "window");

/// detection_json() as a table.
std::string detection_text(const Evaluation& evaluation, std::span<const double> thresholds,
                           const std::vector<std::string>& without);

}  // namespace earshot::metrics
