#include "metrics/cuts.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "support/error.h"

namespace earshot::metrics {

std::vector<Scored> highest_first(std::span<const float> scores, std::span<const bool> positive) {
    if (scores.size() != positive.size()) throw Error("metrics: the numbers of scores and truths differ");
    std::vector<Scored> sorted(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(scores[i])) throw Error("a score is not a number (the model's weights are damaged)");
        sorted[i] = {scores[i], positive[i]};
    }
    std::ranges::sort(sorted, std::ranges::greater(), &Scored::score);
    return sorted;
}

}  // namespace earshot::metrics
