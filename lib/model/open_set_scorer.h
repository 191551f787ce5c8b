#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "model/scorer.h"

namespace earshot::model {

/// How much a window is none of some labels, from 0 to 1: what the likeliest of them leaves of 1, each score
/// bent so that its threshold is at 0.5, with a straight line on either side. Below 0.5 where a score reaches
/// its threshold, above where all are below theirs.
float unknown_score(std::span<const float> scores, std::span<const double> thresholds);

/// A scorer with one label more, the last: `unknown`.
class OpenSetScorer : public Scorer {
 public:
    /// @param thresholds  of the labels of `scorer`
    OpenSetScorer(std::unique_ptr<Scorer> scorer, std::vector<double> thresholds);

    std::size_t window_values() const override { return scorer_->window_values(); }
    std::size_t classes() const override { return thresholds_.size() + 1; }
    void score(std::span<const float> windows, std::size_t count, std::span<float> scores) override;

 private:
    std::unique_ptr<Scorer> scorer_;
    std::vector<double> thresholds_;
    std::vector<float> known_;  // scores of the others
};

}  // namespace earshot::model
