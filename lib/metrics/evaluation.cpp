#include "metrics/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/error.h"

namespace earshot::metrics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Mean without NaNs.
class Mean {
 public:
    void add(double value) {
        if (std::isnan(value)) return;
        sum_ += value;
        ++count_;
    }
    double value() const { return count_ == 0 ? kNaN : sum_ / count_; }

 private:
    double sum_ = 0;
    int count_ = 0;
};

}  // namespace

Evaluation::Evaluation(std::vector<std::string> labels, std::optional<OpenSetRule> rule)
    : labels_(std::move(labels)), rule_(std::move(rule)), confusion_(labels_.size()) {
    if (rule_ && (rule_->thresholds.size() != labels_.size() || rule_->unknown >= labels_.size()))
        throw Error("evaluation: a rule that does not fit the labels");
}

std::size_t Evaluation::answer(std::span<const float> scores) const {
    if (!rule_) return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
    const auto reaches = [&](std::size_t c) {
        return static_cast<double>(scores[c]) >= rule_->thresholds[c];
    };
    std::optional<std::size_t> best;
    for (std::size_t c = 0; c < scores.size(); ++c) {
        if (known(c) && reaches(c) && (!best || scores[c] > scores[*best])) best = c;
    }
    if (!best && rule_->background && reaches(*rule_->background)) best = rule_->background;
    return best.value_or(rule_->unknown);
}

void Evaluation::add(std::size_t truth, std::span<const float> scores) {
    if (truth >= labels_.size() || scores.size() != labels_.size()) {
        throw Error("evaluation: a truth or scores that do not fit the labels");
    }
    if (std::ranges::any_of(scores, [](float score) { return std::isnan(score); })) {
        throw Error("a score is not a number (the model's weights are damaged)");
    }
    confusion_.add(truth, answer(scores));
    scores_.insert(scores_.end(), scores.begin(), scores.end());
    truths_.push_back(truth);
}

void Evaluation::add(std::span<const std::size_t> truths, std::span<const float> scores) {
    const auto score_of = [&](std::size_t label) { return label < scores.size() ? scores[label] : 0; };
    const std::size_t truth = *std::ranges::max_element(truths, {}, score_of);
    add(truth, scores);
    for (const std::size_t label : truths) {
        if (label != truth) beside_.push_back({truths_.size() - 1, label});
    }
}

Evaluation::Pairs Evaluation::pairs(std::size_t first, std::size_t last) const {
    const std::size_t width = last - first, count = truths_.size() * width;
    Pairs pairs{std::vector<float>(count), std::make_unique<bool[]>(count)};
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t window = i / width, label = first + i % width;
        pairs.scores[i] = scores_[window * labels_.size() + label];
        pairs.positive[i] = truths_[window] == label;
    }
    for (const auto& [window, label] : beside_) {
        if (label >= first && label < last) pairs.positive[window * width + label - first] = true;
    }
    return pairs;
}

Ratios Evaluation::areas(std::size_t first, std::size_t last, Ratios ratios) const {
    const Pairs some = pairs(first, last);
    ratios.average_precision = earshot::metrics::average_precision(some.scores, some.truth());
    ratios.roc_auc = earshot::metrics::roc_auc(some.scores, some.truth());
    return ratios;
}

Ratios Evaluation::of_label(std::size_t c) const {
    return areas(c, c + 1, {confusion_.precision(c), confusion_.recall(c), confusion_.f1(c), kNaN, kNaN});
}

Ratios Evaluation::macro() const {
    Mean average_precision, roc_auc;
    for (std::size_t c = 0; c < labels_.size(); ++c) {
        const auto one = of_label(c);
        average_precision.add(one.average_precision);
        roc_auc.add(one.roc_auc);
    }
    return {confusion_.macro_precision(), confusion_.macro_recall(), confusion_.macro_f1(),
            average_precision.value(), roc_auc.value()};
}

std::vector<PrecisionRecall> Evaluation::precision_recall(std::size_t c) const {
    const Pairs one = pairs(c, c + 1);
    return precision_recall_curve(one.scores, one.truth());
}

std::optional<Evaluation::OpenSet> Evaluation::open_set() const {
    if (!rule_) return std::nullopt;
    const std::size_t windows = truths_.size();
    std::vector<float> best(windows);
    const auto is_known = std::make_unique<bool[]>(windows), right = std::make_unique<bool[]>(windows);
    OpenSet result;
    for (std::size_t i = 0; i < windows; ++i) {
        const auto scores = std::span(scores_).subspan(i * labels_.size(), labels_.size());
        std::size_t likeliest = rule_->unknown;
        for (std::size_t c = 0; c < scores.size(); ++c) {
            if (known(c) && (likeliest == rule_->unknown || scores[c] > scores[likeliest])) likeliest = c;
        }
        if (likeliest != rule_->unknown) best[i] = scores[likeliest];
        is_known[i] = known(truths_[i]);
        right[i] = is_known[i] && likeliest == truths_[i];
        ++(is_known[i] ? result.known : result.unknown);
    }
    result.roc_auc = earshot::metrics::roc_auc(best, {is_known.get(), windows});
    result.curve = open_set_roc(best, {is_known.get(), windows}, {right.get(), windows});
    return result;
}

Ratios Evaluation::micro() const {
    const double accuracy = confusion_.accuracy();  // one label a window: each miss is one false alarm too
    return areas(0, labels_.size(), {accuracy, accuracy, accuracy, kNaN, kNaN});
}

std::vector<double> Evaluation::balanced_thresholds() const {
    std::vector<double> thresholds;
    for (std::size_t c = 0; c < labels_.size(); ++c) {
        const Pairs one = pairs(c, c + 1);
        thresholds.push_back(best_score_threshold(one.scores, one.truth()));
    }
    return thresholds;
}

std::vector<DetectionRates> Evaluation::detection_rates(std::span<const double> thresholds) const {
    std::vector<DetectionRates> rates;
    for (std::size_t c = 0; c < labels_.size(); ++c) {
        const Pairs one = pairs(c, c + 1);
        rates.push_back(earshot::metrics::detection_rates(one.scores, one.truth(), thresholds[c]));
    }
    return rates;
}

std::vector<double> Evaluation::thresholds() const {
    std::vector<double> thresholds;
    for (std::size_t c = 0; c < labels_.size(); ++c) {
        const Pairs one = pairs(c, c + 1);
        thresholds.push_back(cautious_f1_threshold(one.scores, one.truth()));
    }
    return thresholds;
}

}  // namespace earshot::metrics
