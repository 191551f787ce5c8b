#include "train/torch/mixture.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/shuffle.h"

namespace earshot::train {
namespace {

/// A draw from Beta(shape, shape), by the method of Johnk (Metrika, 1964), valid for shapes up to 1.
double beta(double shape, Random& random) {
    double a = 0, b = 0;
    do {
        a = std::pow(random.uniform(), 1 / shape);
        b = std::pow(random.uniform(), 1 / shape);
    } while (a + b > 1 || a + b == 0);
    return a / (a + b);
}

torch::Tensor random_order(std::int64_t count, Random& random) {
    Rows order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    return torch::tensor(shuffled(std::move(order), random.bits()));
}

}  // namespace

Mixture::Mixture(double shape, std::int64_t examples, Random& random) {
    const double drawn = beta(shape, random);
    share = std::max(drawn, 1 - drawn);
    other = random_order(examples, random);
}

}  // namespace earshot::train
