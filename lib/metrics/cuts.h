#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace earshot::metrics {

/// part / whole; NaN if whole is 0.
inline double ratio(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(part) / static_cast<double>(whole);
}

struct Scored {
    float score;
    bool positive;
};

/// @throws Error if a score is not a number
std::vector<Scored> highest_first(std::span<const float> scores, std::span<const bool> positive);

/// A cut through the sorted scores: those above it are predicted positive.
struct ScoreCut {
    std::uint64_t true_positives = 0, false_positives = 0;
    std::size_t end = 0;  // number of scores above the cut
};

/// Calls visit(before, after) for each distinct score from the highest, `after` being the cut just below it.
template <class Visit>
ScoreCut visit_cuts(const std::vector<Scored>& sorted, Visit&& visit) {
    ScoreCut cut;
    while (cut.end < sorted.size()) {
        const ScoreCut before = cut;
        const float score = sorted[cut.end].score;
        for (; cut.end < sorted.size() && sorted[cut.end].score == score; ++cut.end) {
            ++(sorted[cut.end].positive ? cut.true_positives : cut.false_positives);
        }
        visit(before, cut);
    }
    return cut;
}

}  // namespace earshot::metrics
