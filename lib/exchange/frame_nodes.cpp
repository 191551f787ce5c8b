#include "exchange/frame_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/warps.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;

constexpr double kLeastDeviation = 1e-5;  // added to deviations of single windows

/// A matrix of weights, row by row.
struct Matrix {
    std::int64_t rows, columns;
    std::vector<float> values = std::vector<float>(static_cast<std::size_t>(rows * columns));
    float& operator()(std::int64_t row, std::int64_t column) {
        return values[static_cast<std::size_t>(row * columns + column)];
    }
};

Matrix identity(std::int64_t size) {
    Matrix unit{size, size};
    for (std::int64_t i = 0; i < size; ++i) unit(i, i) = 1;
    return unit;
}

Value constant(OnnxBuilder& b, const Matrix& matrix) {
    return b.constant(matrix.values, {matrix.rows, matrix.columns});
}

void expect_small(std::int64_t size, const char* what) {
    constexpr std::int64_t kMost = 4096;
    if (size > kMost) {
        throw Error(fmt::format("windows of {} {} cannot be resampled in ONNX, at most {} are allowed", size,
                                what, kMost));
    }
}

/// What network::view_at_pace() does, as a matrix: each row says how much of which frame is in a new one.
Matrix pace_matrix(std::int64_t frames, double factor) {
    expect_small(frames, "frames");
    Matrix matrix = identity(frames);  // frames whose columns are the frames they come from
    const auto unit = matrix.values;
    network::view_at_pace(unit, matrix.values, static_cast<std::size_t>(frames), factor);
    return matrix;
}

/// What network::view_at_pitch() does, as a matrix to multiply frames by from the right.
Matrix pitch_matrix(std::int64_t bands, double factor) {
    expect_small(bands, "bands");
    Matrix matrix = identity(bands);
    const auto unit = matrix.values;
    network::view_at_pitch(unit, matrix.values, static_cast<std::size_t>(bands), factor);
    return matrix;
}

/// Which frames belong to which step: step s has frames edge(s) to edge(s + 1) - 1.
struct Steps {
    std::int64_t frames, steps;
    std::int64_t edge(std::int64_t step) const { return step * frames / steps; }
};

/// Means over the frames of each step, of the frames and of their differences: [planes steps, K].
Matrix feature_matrix(const Steps& steps, std::int64_t deltas) {
    Matrix matrix{(1 + deltas) * steps.steps, steps.frames};
    for (std::int64_t s = 0; s < steps.steps; ++s) {
        const std::int64_t start = steps.edge(s), stop = steps.edge(s + 1);
        const float share = 1 / static_cast<float>(stop - start);
        for (std::int64_t frame = start; frame < stop; ++frame) matrix(s, frame) = share;
        // The differences within a step sum to that of its ends. Frames before the first are equal to it.
        const auto frame = [](std::int64_t at) { return std::max<std::int64_t>(0, at); };
        if (deltas >= 1) {
            matrix(steps.steps + s, frame(stop - 1)) += share;
            matrix(steps.steps + s, frame(start - 1)) -= share;
        }
        if (deltas == 2) {
            const std::int64_t row = 2 * steps.steps + s;
            matrix(row, frame(stop - 1)) += share;
            matrix(row, frame(stop - 2)) -= share;
            matrix(row, frame(start - 1)) -= share;
            matrix(row, frame(start - 2)) += share;
        }
    }
    return matrix;
}

}  // namespace

Value noise_floor(OnnxBuilder& b, const Value& x, const op::NoiseFloor& floor, const Shape& axes) {
    const Value logarithms = b.scalar(floor.logarithms_of == network::LogOf::power ? 1 : 2);
    const Value highest = b.maximum(x, axes);
    const Value powers = b.node("Exp", {b.multiply(b.subtract(x, highest), logarithms)});
    const Value noise = b.multiply(b.mean(powers, axes), b.scalar(std::pow(10.0, -floor.db / 10)));
    return b.add(b.divide(b.node("Log", {b.add(powers, noise)}), logarithms), highest);
}

Value time_features(OnnxBuilder& b, const Value& x, const op::TimeFeatures& features, const Shape& shape) {
    const Steps steps{shape[0], features.steps};
    const Value linear = b.product(constant(b, feature_matrix(steps, features.deltas)), x);
    const Value planes = b.reshape(linear, {-1, 1 + features.deltas, steps.steps, shape[1]});
    if (!features.deviation) return planes;
    std::vector<std::int64_t> step_of;
    for (std::int64_t s = 0; s < steps.steps; ++s)
        step_of.resize(static_cast<std::size_t>(steps.edge(s + 1)), s);
    const Value means = b.slice(linear, 1, 0, steps.steps);
    const Value apart = b.subtract(x, b.gather(means, b.whole(step_of), 1));
    const Value variance = b.product(constant(b, feature_matrix(steps, 0)), b.multiply(apart, apart));
    return b.concat({planes, b.unsqueeze(b.node("Sqrt", {variance}), 1)}, 1);
}

Value standardised_by_window(OnnxBuilder& b, const Value& x, bool even) {
    const Value centred = b.subtract(x, b.mean(x, {2}));
    const Value variance = b.mean(b.multiply(centred, centred), even ? Shape{2, 3} : Shape{2});
    return b.divide(centred, b.add(b.node("Sqrt", {variance}), b.scalar(kLeastDeviation)));
}

Value frame_views(OnnxBuilder& b, const Value& x, const op::Views& views, const Shape& shape) {
    std::vector<Value> all{b.unsqueeze(x, 1)};
    const auto factors = [](double share) {
        return share > 0 ? std::vector{1 - share, 1 + share} : std::vector<double>{};
    };
    for (const double factor : factors(views.paces))
        all.push_back(b.unsqueeze(b.product(constant(b, pace_matrix(shape[0], factor)), x), 1));
    for (const double factor : factors(views.pitches))
        all.push_back(b.unsqueeze(b.product(x, constant(b, pitch_matrix(shape[1], factor))), 1));
    return b.reshape(b.concat(all, 1), {-1, shape[0], shape[1]});
}

Value merged_views(OnnxBuilder& b, const Value& x, const network::op::MergeViews& merge, std::int64_t views,
                   const Shape& shape) {
    Shape apart{-1, views};
    apart.insert(apart.end(), shape.begin(), shape.end());
    const Value each = b.reshape(x, apart);
    return merge.kind == network::op::MergeViews::Kind::max ? b.maximum(each, {1}, false)
                                                            : b.mean(each, {1}, false);
}

}  // namespace earshot::exchange
