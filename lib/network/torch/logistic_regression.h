#pragma once

#include <cstdint>
#include <optional>

#include "network/torch/libtorch.h"

namespace earshot::network {

/// A linear function of F values for each output, values weight^T + bias.
struct LinearFunction {
    torch::Tensor weight, bias;  // float64 [outputs, F], [outputs]
};

/// Logistic regression with a penalty of squared weights (not of the bias). It minimises
///
///   sum_i loss_i + penalty / 2 |weight|^2,
///
/// where loss_i is the weighted cross-entropy of row i: by softmax if rows have one class, by sigmoids if
/// each output is a label of its own. This is what scikit-learn calls C = 1 / penalty. The minimum is unique,
/// and is found by L-BFGS (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.5) in double
/// precision, in coordinates in which the second derivatives are about 1: along the principal axes of the
/// rows, which span no more dimensions than there are rows. The same rows are fitted many times in
/// cross-validation, with other penalties and without some rows; the axes are computed once.
class LogisticRegression {
 public:
    /// @param values   [n, F]
    /// @param truth    int64 [n], classes; or [n, outputs] with 1 and 0 for each output, -1 where it is
    /// unknown
    /// @param outputs  C
    LogisticRegression(const torch::Tensor& values, const torch::Tensor& truth, std::int64_t outputs);

    /// A solution along the principal axes.
    struct Solution {
        torch::Tensor coefficients;  // float64 [outputs, axes + 1], the bias last
        int steps;                   // that it took
    };
    /// When the search ends.
    struct Effort {
        double tolerance;  // distance from the minimum, in nats a row: about its square
        double gain;       // or where 20 steps gain no more than this share of the loss
        int most_steps;
    };
    /// For a model: close enough that probabilities are right to 0.00001.
    static constexpr Effort kFine{1e-6, 0, 2000};
    /// For cross-validation.
    static constexpr Effort kCoarse{1e-2, 1e-2, 100};

    /// @param rows     float64 [n]: 1 for each row that counts, else 0
    /// @param weights  [outputs], of classes, or of what sounds: those of Answer::loss()
    /// @param start    a solution for a similar penalty, which is faster than none
    Solution fit(const torch::Tensor& rows, const torch::Tensor& weights, double penalty,
                 const Effort& effort, const Solution* start = nullptr) const;

    /// Of all rows, float64 [n, outputs].
    torch::Tensor logits(const Solution& solution) const;
    /// The same as a function of the values.
    LinearFunction linear(const Solution& solution) const;
    /// The sum of losses of some rows, as fit() has it.
    double loss(const torch::Tensor& logits, const torch::Tensor& rows, const torch::Tensor& weights) const;

 private:
    struct Point;
    Point at(const torch::Tensor& scaled, const torch::Tensor& scale, const torch::Tensor& factors,
             double penalty) const;
    torch::Tensor scale_at(const torch::Tensor& coefficients, const torch::Tensor& factors,
                           double penalty) const;
    torch::Tensor factors_of(const torch::Tensor& rows, const torch::Tensor& weights) const;

    torch::Tensor values_;  // float64 [n, axes + 1], the last of ones
    torch::Tensor axes_;    // float64 [axes, F], along which `values_` are; undefined: those of F numbers
    torch::Tensor truth_;   // float64 [n, outputs], 1 or 0
    torch::Tensor known_;   // float64 [n, outputs]
    bool independent_ = false;
};

/// A penalty for F standardised values where there is nothing to choose it by: logits of some units, however
/// many values add up to them.
inline double usual_penalty(std::int64_t values) { return static_cast<double>(values) / 10; }

}  // namespace earshot::network
