#pragma once

#include <cstddef>

#include "metrics/bootstrap.h"

namespace earshot::metrics {

/// Where a proportion lies with 95 % confidence, given the fraction found in a sample: Wilson's score
/// interval (J. American Statistical Association 22, 1927). Unlike the bootstrap it says something where all
/// are right.
/// @param count  of the sample, 1 or more
Confidence wilson_interval(double fraction, std::size_t count);

}  // namespace earshot::metrics
