#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace earshot::metrics {

/// Where a figure would lie in 95 % of other samples of recordings; NaN if unknown.
struct Confidence {
    double low, high;
};

/// Confidence intervals by bootstrap over recordings: as many recordings are drawn, with replacement, as
/// there are, and the interval goes from the 2.5th to the 97.5th percentile of the figures of many such
/// samples. Samples for which a figure is NaN are left out of its interval. NaN with fewer than two
/// recordings. The same for the same input and on all machines. Source: Efron and Tibshirani, An Introduction
/// to the Bootstrap (1993), chapter 13 (percentile intervals).
/// @param samples  how many to draw
/// @param figures  computes the figures of a sample, in which recording i occurs times[i] times
/// @return  an interval for each figure
std::vector<Confidence> bootstrap(
    std::size_t recordings, std::size_t samples,
    const std::function<std::vector<double>(std::span<const std::uint32_t> times)>& figures);

}  // namespace earshot::metrics
