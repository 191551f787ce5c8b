#include "network/torch/discriminant.h"

#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_eigh.h>
#include <fmt/format.h>

#include <algorithm>

#include "support/error.h"

namespace earshot::network {
namespace {

using Tensor = torch::Tensor;

/// Rows of each class and their means.
struct ClassMeans {
    Tensor counts, means;  // float64 [C], [C, F]
};

ClassMeans class_means(const LabelledStream& rows, std::int64_t classes) {
    ClassMeans result{torch::zeros({classes}, torch::kFloat64), {}};
    rows([&](const Tensor& values, const Tensor& truth) {
        if (values.size(1) > kMaxDiscriminantValues) {
            throw Error(
                fmt::format("linear discriminant analysis of {} values, at most {} are allowed (fewer bands, "
                            "or a smaller --pool)",
                            values.size(1), kMaxDiscriminantValues));
        }
        if (!result.means.defined()) result.means = torch::zeros({classes, values.size(1)}, torch::kFloat64);
        result.means.index_add_(0, truth, values.to(torch::kFloat64));
        result.counts.index_add_(0, truth, torch::ones({truth.size(0)}, torch::kFloat64));
    });
    if (result.counts.min().item<double>() == 0)
        throw Error("linear discriminant analysis needs an example of each class");
    result.means /= result.counts.unsqueeze(1);
    return result;
}

/// The covariance within classes, and what the estimate of its shrinkage needs.
struct Scatter {
    Tensor covariance;         // float64 [F, F]
    double fourth_moment = 0;  // mean of |x - m|^4, weighted like the covariance
};

Scatter scatter_of(const LabelledStream& rows, const ClassMeans& classes, const Tensor& row_weights) {
    const std::int64_t values = classes.means.size(1);
    Scatter scatter{torch::zeros({values, values}, torch::kFloat64)};
    rows([&](const Tensor& some, const Tensor& truth) {
        const Tensor apart = some.to(torch::kFloat64) - classes.means.index_select(0, truth);
        const Tensor weights = row_weights.index_select(0, truth);
        scatter.covariance += apart.t().mm(apart * weights.unsqueeze(1));
        scatter.fourth_moment += (apart.square().sum(1).square() * weights).sum().item<double>();
    });
    return scatter;
}

/// Ledoit and Wolf's estimate: b^2 / d^2 with d^2 = |S - m I|^2 and b^2 = mean |x x^T - S|^2 / n, at most 1.
double estimated_shrinkage(const Scatter& scatter, double rows) {
    const double norm = scatter.covariance.square().sum().item<double>();
    const auto values = static_cast<double>(scatter.covariance.size(0));
    const double trace = scatter.covariance.trace().item<double>();
    const double distance = norm - trace * trace / values;
    const double error = (scatter.fourth_moment - norm) / rows;
    return distance <= 0 ? 1 : std::clamp(error / distance, 0.0, 1.0);
}

/// (1 - g) S + g tr(S) / F I
Tensor shrunk(const Tensor& covariance, double shrinkage) {
    const std::int64_t values = covariance.size(0);
    const double ridge = shrinkage * covariance.trace().item<double>() / static_cast<double>(values);
    return (1 - shrinkage) * covariance + ridge * torch::eye(values, torch::kFloat64);
}

Scatter scatter_within(const LabelledStream& rows, const ClassMeans& means, const Tensor& priors) {
    Scatter scatter = scatter_of(rows, means, priors / means.counts);
    if (scatter.fourth_moment == 0) scatter.covariance = torch::eye(means.means.size(1), torch::kFloat64);
    return scatter;
}

}  // namespace

Discriminant fit_discriminant(const LabelledStream& rows, std::int64_t classes,
                              std::optional<double> shrinkage, bool balanced) {
    const torch::NoGradGuard no_gradients;
    const ClassMeans means = class_means(rows, classes);
    const double count = means.counts.sum().item<double>();
    const Tensor priors =
        balanced ? torch::full_like(means.counts, 1 / static_cast<double>(classes)) : means.counts / count;
    const Scatter scatter = scatter_within(rows, means, priors);

    Discriminant result;
    result.class_means = means.means;
    result.shrinkage = shrinkage.value_or(estimated_shrinkage(scatter, count));
    const auto [factor, failed] = at::linalg_cholesky_ex(shrunk(scatter.covariance, result.shrinkage));
    // If a matrix is singular up to rounding, its last pivots are rounding errors too.
    const bool singular = failed.item<int>() != 0 || factor.diagonal().min().item<double>() <
                                                         1e-6 * factor.diagonal().max().item<double>();
    if (singular) {
        throw Error(
            "linear discriminant analysis: within labels, the values do not vary in all directions (give "
            "--shrinkage 0.1, or more data)");
    }
    result.weight = at::cholesky_solve(means.means.t(), factor).t().contiguous();
    result.bias = priors.log() - (result.weight * means.means).sum(1) / 2;
    return result;
}

Whitening fit_whitening(const LabelledStream& rows, std::int64_t classes, std::int64_t directions) {
    const torch::NoGradGuard no_gradients;
    constexpr double kLeast = 1e-9;  // of the largest variance: less is rounding
    const ClassMeans means = class_means(rows, classes);
    const Tensor priors = torch::full_like(means.counts, 1 / static_cast<double>(classes));
    const Scatter scatter = scatter_within(rows, means, priors);
    const double shrinkage = estimated_shrinkage(scatter, means.counts.sum().item<double>());
    const auto [variances, axes] = at::linalg_eigh(shrunk(scatter.covariance, shrinkage));
    const Tensor whiten = axes / variances.clamp_min(kLeast * variances.max().item<double>()).sqrt();

    const Tensor middle = means.means.mean(0), apart = means.means - middle;
    const Tensor within =
        scatter.fourth_moment == 0 ? torch::zeros_like(scatter.covariance) : scatter.covariance;
    const Tensor all = within + apart.t().mm(apart) / static_cast<double>(classes);
    const auto [spreads, turned] = at::linalg_eigh(whiten.t().mm(all).mm(whiten));  // the largest last
    const std::int64_t kept = std::min(directions, spreads.size(0));
    const Tensor used = (spreads > kLeast * spreads.max()).to(torch::kFloat64);
    const Tensor last = (turned * used).narrow(1, spreads.size(0) - kept, kept);
    Whitening result;
    result.weight = whiten.mm(last).t().contiguous();
    result.bias = -result.weight.mv(middle);
    return result;
}

}  // namespace earshot::network
