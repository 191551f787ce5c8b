#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "model/scorer.h"

namespace earshot::model {

/// How likely a window is to be none of the labels, from 0 to 1: one minus the highest score, after each
/// score is mapped so that its threshold becomes 0.5 (linearly on either side). Below 0.5 if a score reaches
/// its threshold, above if none does.
float unknown_score(std::span<const float> scores, std::span<const double> thresholds);

/// Adds a last label to a scorer: `unknown`.
class OpenSetScorer : public Scorer {
 public:
    /// @param thresholds  one per label of `scorer`
    OpenSetScorer(std::unique_ptr<Scorer> scorer, std::vector<double> thresholds);

    std::size_t window_values() const override { return scorer_->window_values(); }
    std::size_t classes() const override { return thresholds_.size() + 1; }
    void score(std::span<const float> windows, std::size_t count, std::span<float> scores) const override;

 private:
    std::unique_ptr<Scorer> scorer_;
    std::vector<double> thresholds_;
};

}  // namespace earshot::model
