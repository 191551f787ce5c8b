#include "metrics/proportion.h"

#include <algorithm>
#include <cmath>

namespace earshot::metrics {

Confidence wilson_interval(double fraction, std::size_t count) {
    constexpr double z = 1.959963984540054;  // of the normal distribution, 95 % are nearer to its mean
    const auto n = static_cast<double>(count);
    const double whole = 1 + z * z / n, middle = (fraction + z * z / (2 * n)) / whole;
    const double half = z / whole * std::sqrt(fraction * (1 - fraction) / n + z * z / (4 * n * n));
    return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace earshot::metrics
