#include "metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace earshot::metrics {
namespace {

constexpr std::uint64_t kSeed = 1;

/// With linear interpolation between neighbours. @param sorted  not empty
double percentile(std::span<const double> sorted, double fraction) {
    const double place = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::vector<Confidence> bootstrap(
    std::size_t recordings, std::size_t samples,
    const std::function<std::vector<double>(std::span<const std::uint32_t>)>& figures) {
    std::vector<std::uint32_t> times(recordings, 1);
    std::vector<std::vector<double>> drawn(figures(times).size());
    std::mt19937_64 random(kSeed);
    for (std::size_t sample = 0; sample < samples && recordings > 1; ++sample) {
        std::ranges::fill(times, 0);
        for (std::size_t i = 0; i < recordings; ++i) ++times[random() % recordings];
        const auto values = figures(times);
        for (std::size_t f = 0; f < drawn.size(); ++f) {
            if (!std::isnan(values[f])) drawn[f].push_back(values[f]);
        }
    }
    std::vector<Confidence> intervals;
    for (auto& values : drawn) {
        std::ranges::sort(values);
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        intervals.push_back(values.empty()
                                ? Confidence{kNone, kNone}
                                : Confidence{percentile(values, 0.025), percentile(values, 0.975)});
    }
    return intervals;
}

}  // namespace earshot::metrics
