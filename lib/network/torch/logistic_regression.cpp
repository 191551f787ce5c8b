#include "network/torch/logistic_regression.h"

#include <ATen/ops/linalg_eigh.h>

#include <cmath>
#include <deque>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::network {
namespace {

using Tensor = torch::Tensor;

constexpr std::int64_t kMostAxes = 2048;  // of more, the axes would take longer than what they save
constexpr std::size_t kRemembered = 10;   // steps, from which L-BFGS guesses the curvature
constexpr int kStepsOfScale = 20;         // before second derivatives are looked at again

double scalar_product(const Tensor& a, const Tensor& b) { return (a * b).sum().item<double>(); }

/// The last steps, and what they say of the inverse of the second derivatives.
class Curvature {
 public:
    void add(const Tensor& step, const Tensor& change) {
        const double product = scalar_product(step, change);
        if (product <= 0) return;  // rounding
        if (steps_.size() == kRemembered) steps_.pop_front();
        steps_.push_back({step, change, product});
    }

    /// Downhill.
    Tensor direction(const Tensor& gradient) const {
        Tensor way = -gradient;
        std::vector<double> along(steps_.size());
        for (std::size_t i = steps_.size(); i-- > 0;) {
            along[i] = scalar_product(steps_[i].step, way) / steps_[i].product;
            way = way - along[i] * steps_[i].change;
        }
        if (!steps_.empty())
            way = way * (steps_.back().product / scalar_product(steps_.back().change, steps_.back().change));
        for (std::size_t i = 0; i < steps_.size(); ++i)
            way =
                way + (along[i] - scalar_product(steps_[i].change, way) / steps_[i].product) * steps_[i].step;
        return way;
    }

 private:
    struct Step {
        Tensor step, change;  // of the gradient
        double product;
    };
    std::deque<Step> steps_;
};

}  // namespace

/// Where the search is.
struct LogisticRegression::Point {
    double loss;
    Tensor gradient;
};

LogisticRegression::LogisticRegression(const Tensor& values, const Tensor& truth, std::int64_t outputs)
    : independent_(truth.dim() == 2) {
    const torch::NoGradGuard no_gradients;
    const Tensor x = values.to(torch::kFloat64);
    const std::int64_t rows = x.size(0), size = x.size(1);
    const auto principal = [](const Tensor& squares) {
        const auto [lengths, directions] = at::linalg_eigh(squares);
        const Tensor there = lengths > lengths.max() * 1e-12;
        const Tensor which = there.nonzero().squeeze(1);
        return std::pair(lengths.index_select(0, which), directions.index_select(1, which));
    };
    Tensor along;
    if (std::min(rows, size) > kMostAxes) {
        along = x;
    } else if (rows < size) {
        const auto [lengths, directions] = principal(x.mm(x.t()));
        axes_ = (directions / lengths.sqrt()).t().mm(x);
        along = directions * lengths.sqrt();
    } else {
        axes_ = principal(x.t().mm(x)).second.t().contiguous();
        along = x.mm(axes_.t());
    }
    values_ = torch::cat({along, torch::ones({rows, 1}, torch::kFloat64)}, 1);
    truth_ = independent_ ? truth.to(torch::kFloat64).clamp_min(0)
                          : torch::one_hot(truth, outputs).to(torch::kFloat64);
    known_ = independent_ ? (truth >= 0).to(torch::kFloat64) : torch::ones_like(truth_);
}

/// What the loss of each row and output counts.
Tensor LogisticRegression::factors_of(const Tensor& rows, const Tensor& weights) const {
    const Tensor of_classes = weights.to(torch::kFloat64);
    const Tensor each =
        independent_ ? (truth_ * of_classes + (1 - truth_)) * known_ : truth_.mv(of_classes).unsqueeze(1);
    return each * rows.unsqueeze(1);
}

double LogisticRegression::loss(const Tensor& logits, const Tensor& rows, const Tensor& weights) const {
    const Tensor factors = factors_of(rows, weights);
    if (independent_) return ((torch::softplus(logits) - truth_ * logits) * factors).sum().item<double>();
    return -(torch::log_softmax(logits, 1) * truth_ * factors).sum().item<double>();
}

/// @param scaled   coefficients / scale
/// @param factors  factors_of()
LogisticRegression::Point LogisticRegression::at(const Tensor& scaled, const Tensor& scale,
                                                 const Tensor& factors, double penalty) const {
    const Tensor coefficients = scaled * scale;
    const Tensor logits = values_.mm(coefficients.t());
    Tensor penalised = coefficients.clone();
    penalised.select(1, penalised.size(1) - 1).zero_();
    const double own = penalty / 2 * penalised.square().sum().item<double>();
    Tensor losses, slopes;
    if (independent_) {
        losses = torch::softplus(logits) - truth_ * logits;
        slopes = logits.sigmoid() - truth_;
    } else {
        const Tensor logs = torch::log_softmax(logits, 1);
        losses = -logs * truth_;
        slopes = logs.exp() - truth_;
    }
    const Tensor gradient = (slopes * factors).t().mm(values_) + penalty * penalised;
    return {(losses * factors).sum().item<double>() + own, gradient * scale};
}

/// What to multiply coefficients by so that second derivatives become about 1.
Tensor LogisticRegression::scale_at(const Tensor& coefficients, const Tensor& factors, double penalty) const {
    const Tensor scores = values_.mm(coefficients.t());
    const Tensor p = independent_ ? scores.sigmoid() : torch::softmax(scores, 1);
    Tensor squares = (p * (1 - p) * factors).t().mm(values_.square());
    squares.slice(1, 0, -1) += penalty;
    return squares.clamp_min_(1e-6).rsqrt();
}

LogisticRegression::Solution LogisticRegression::fit(const Tensor& rows, const Tensor& weights,
                                                     double penalty, const Effort& effort,
                                                     const Solution* start) const {
    const torch::NoGradGuard no_gradients;
    const Tensor factors = factors_of(rows, weights);
    const double enough = effort.tolerance * std::sqrt(rows.sum().item<double>());
    Tensor coefficients =
        start ? start->coefficients : torch::zeros({truth_.size(1), values_.size(1)}, torch::kFloat64);
    int steps = 0;
    for (bool found = false; !found && steps < effort.most_steps;) {
        check_interrupt();
        const Tensor scale = scale_at(coefficients, factors, penalty);
        Tensor place = coefficients / scale;
        Point point = at(place, scale, factors, penalty);
        Curvature curve;
        const double before = point.loss;
        for (int i = 0; i < kStepsOfScale && !found; ++i, ++steps) {
            found = point.gradient.norm().item<double>() <= enough;
            if (found) break;
            const Tensor way = curve.direction(point.gradient);
            const double slope = scalar_product(way, point.gradient);
            double length = 1;
            std::optional<Point> next;
            for (; length > 1e-10; length /= 2) {
                next = at(place + length * way, scale, factors, penalty);
                if (next->loss <= point.loss + 1e-4 * length * slope) break;
            }
            found = length <= 1e-10;  // as low as numbers can tell
            if (found) break;
            curve.add(length * way, next->gradient - point.gradient);
            place = place + length * way;
            point = *next;
        }
        coefficients = place * scale;
        found = found || before - point.loss < effort.gain * point.loss;
    }
    return {coefficients, steps};
}

Tensor LogisticRegression::logits(const Solution& solution) const {
    return values_.mm(solution.coefficients.t());
}

LinearFunction LogisticRegression::linear(const Solution& solution) const {
    const Tensor& all = solution.coefficients;
    const std::int64_t axes = all.size(1) - 1;
    const Tensor weight = all.slice(1, 0, axes);
    return {axes_.defined() ? weight.mm(axes_) : weight, all.select(1, axes).contiguous()};
}

}  // namespace earshot::network
