#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "network/torch/libtorch.h"

namespace earshot::network {

/// Receives rows of values [n, F] with their classes, int64 [n], or states of each output, [n, outputs].
using LabelledSink = std::function<void(const torch::Tensor& values, const torch::Tensor& classes)>;
/// Passes all rows to a sink, batch by batch; the same rows in each call.
using LabelledStream = std::function<void(const LabelledSink&)>;

/// A linear function of F values for each of C classes: values weight^T + bias.
struct Discriminant {
    torch::Tensor weight, bias;  // float64 [C, F], [C]
    torch::Tensor class_means;   // float64 [C, F]
    double shrinkage;            // the one that was used
};

/// Linear discriminant analysis (Fisher 1936; Hastie, Tibshirani and Friedman, The Elements of Statistical
/// Learning, 2nd ed., section 4.3). It assumes normally distributed classes with a common covariance S. With
/// means m_c and priors p_c, the logarithm of p_c times the density is then, except for terms that all
/// classes share,
///
///   x^T S^-1 m_c - m_c^T S^-1 m_c / 2 + ln p_c,
///
/// which depends on x only by its projections onto the C directions S^-1 m_c. S is shrunk towards a multiple
/// of the identity matrix, (1 - g) S + g tr(S) / F I. Where rows of a class don't differ at all, as if there
/// is one of each, S is the identity matrix, so the nearest mean wins. Reads the rows twice; sums are in
/// double precision.
///
/// @param classes    C; each needs a row
/// @param shrinkage  g from 0 to 1; if not given, the estimate of Ledoit and Wolf (J. Multivariate Analysis
/// 88,
///                   2004) for the rows around their class means
/// @param balanced   give each class the same prior and weight in S, however many rows it has
/// @throws Error if S is singular (only with g = 0), or there are more than kMaxDiscriminantValues values
Discriminant fit_discriminant(const LabelledStream& rows, std::int64_t classes,
                              std::optional<double> shrinkage, bool balanced);

/// A linear function to K values: values weight^T + bias.
struct Whitening {
    torch::Tensor weight, bias;  // float64 [K, F], [K]
};

/// Within-class covariance normalisation (Hatch, Kajarekar and Stolcke, Interspeech 2006): the covariance
/// within classes becomes the identity matrix, so that what varies among examples of a class counts for
/// little when rows are compared. Of the directions there, the K in which rows vary most are kept; where they
/// vary in fewer, the others are 0. The mean of all classes becomes 0. Classes count the same, however many
/// rows they have; shrinkage as in fit_discriminant().
/// @throws Error as fit_discriminant()
Whitening fit_whitening(const LabelledStream& rows, std::int64_t classes, std::int64_t directions);

constexpr std::int64_t kMaxDiscriminantValues = 4096;

}  // namespace earshot::network
