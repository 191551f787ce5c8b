#pragma once

#include <numeric>
#include <span>
#include <vector>

#include "model/scorer.h"

namespace earshot {

/// Two classes: the sum of a window, and 1. Remembers the sizes of its batches.
class FakeScorer : public model::Scorer {
 public:
    explicit FakeScorer(std::size_t window_values) : window_values_(window_values) {}
    std::size_t window_values() const override { return window_values_; }
    std::size_t classes() const override { return 2; }
    void score(std::span<const float> windows, std::size_t count, std::span<float> scores) const override {
        for (std::size_t i = 0; i < count; ++i) {
            const auto window = windows.subspan(i * window_values_, window_values_);
            scores[2 * i] = std::accumulate(window.begin(), window.end(), 0.0f);
            scores[2 * i + 1] = 1;
        }
        batches.push_back(count);
    }
    mutable std::vector<std::size_t> batches;

 private:
    std::size_t window_values_;
};

}  // namespace earshot
