#include "support/nearest.h"

#include <algorithm>
#include <vector>

namespace earshot {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    const auto width = b.size() + 1;
    std::vector<std::size_t> table((a.size() + 1) * width);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return table[i * width + j]; };
    for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
    for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitution = at(i - 1, j - 1) + (a[i - 1] != b[j - 1] ? 1 : 0);
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, substitution});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
        }
    }
    return at(a.size(), b.size());
}

}  // namespace

std::string nearest(std::string_view typed, std::span<const std::string> candidates) {
    std::string best;
    std::size_t least = std::max<std::size_t>(1, typed.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const auto here = distance(typed, candidate);
        if (here >= least) continue;
        least = here;
        best = candidate;
    }
    return best;
}

}  // namespace earshot
