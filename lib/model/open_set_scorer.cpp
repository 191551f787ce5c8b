#include "model/open_set_scorer.h"

#include <algorithm>
#include <cmath>

#include "support/error.h"

namespace earshot::model {
namespace {

/// Maps a score from 0 to 1 so that its threshold becomes 0.5.
float bent(float score, double threshold) {
    const auto x = static_cast<double>(score);
    if (x < threshold) return static_cast<float>(0.5 * x / threshold);
    return threshold < 1 ? static_cast<float>(0.5 + 0.5 * (x - threshold) / (1 - threshold)) : 1;
}

}  // namespace

float unknown_score(std::span<const float> scores, std::span<const double> thresholds) {
    float likeliest = 0;
    bool known = false;
    for (std::size_t c = 0; c < scores.size(); ++c) {
        likeliest = std::max(likeliest, bent(scores[c], thresholds[c]));
        known |= static_cast<double>(scores[c]) >= thresholds[c];
    }
    const float unknown = 1 - likeliest;
    // Rounding must not make a window both known and unknown, or neither.
    return known ? std::min(unknown, std::nextafter(0.5F, 0.0F))
                 : std::max(unknown, std::nextafter(0.5F, 1.0F));
}

OpenSetScorer::OpenSetScorer(std::unique_ptr<Scorer> scorer, std::vector<double> thresholds)
    : scorer_(std::move(scorer)), thresholds_(std::move(thresholds)) {
    if (thresholds_.size() != scorer_->classes())
        throw Error("open set: a threshold for each label is needed");
}

void OpenSetScorer::score(std::span<const float> windows, std::size_t count, std::span<float> scores) const {
    const std::size_t known = thresholds_.size();
    if (scores.size() != count * (known + 1)) throw Error("open set: scores do not fit the labels");
    std::vector<float> known_scores(count * known);
    scorer_->score(windows, count, known_scores);
    for (std::size_t i = 0; i < count; ++i) {
        const auto row = std::span<const float>(known_scores).subspan(i * known, known);
        const auto out = scores.subspan(i * (known + 1), known + 1);
        std::ranges::copy(row, out.begin());
        out.back() = unknown_score(row, thresholds_);
    }
}

}  // namespace earshot::model
