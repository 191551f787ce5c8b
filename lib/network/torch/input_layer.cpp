#include "network/torch/input_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "network/settings.h"
#include "support/error.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxValues = std::int64_t{1} << 20;
constexpr float kLeastDeviation = 1e-5F;  // added to deviations of single windows

/// The deviation (of the population) of rows [rows, bands] from their mean.
void take_deviation(const float* row, std::int64_t rows, std::int64_t bands, const float* mean,
                    float* deviation) {
    std::fill_n(deviation, bands, 0.0F);
    for (const float* const end = row + rows * bands; row != end; row += bands) {
        for (std::int64_t d = 0; d < bands; ++d) deviation[d] += (row[d] - mean[d]) * (row[d] - mean[d]);
    }
    for (std::int64_t d = 0; d < bands; ++d)
        deviation[d] = std::sqrt(deviation[d] / static_cast<float>(rows));
}

}  // namespace

InputShape input_shape(const Json& architecture) {
    InputShape shape;
    shape.bands = whole_setting(architecture, "inputs", 1, kMaxValues);
    if (architecture.contains("frames")) shape.frames = whole_setting(architecture, "frames", 1, kMaxValues);
    const InputOptions input = read_input(architecture);
    shape.deltas = input.deltas;
    shape.deviation = input.deviation;
    shape.steps = input.pool > 0 ? input.pool : shape.frames;
    if (input.pool > shape.frames) {
        throw Error(fmt::format("architecture: \"pool\" is {}, but a window has {} frames", input.pool,
                                shape.frames));
    }
    if (shape.values() > kMaxValues) {
        throw Error(fmt::format("architecture: windows of {} values, at most {} are allowed", shape.values(),
                                kMaxValues));
    }
    return shape;
}

std::int64_t InputLayer::weight_count(const Json& architecture) {
    const auto shape = input_shape(architecture);
    return read_input(architecture).standardise == "data" ? 2 * shape.planes() * shape.bands : 0;
}

InputLayer::InputLayer(const Json& architecture)
    : InputLayer(input_shape(architecture), read_input(architecture)) {}

InputLayer::InputLayer(const InputShape& shape, const InputOptions& input)
    : shape_(shape), compression_(input.compression), range_(input.range) {
    const std::string& how = input.standardise;
    standardise_ = how == "data"   ? Standardise::data
                   : how == "mean" ? Standardise::mean
                   : how == "none" ? Standardise::none
                                   : Standardise::window;
    if (standardise_ == Standardise::data) {
        mean_ = register_buffer("mean", torch::zeros({shape_.planes() * shape_.bands}));
        deviation_ = register_buffer("deviation", torch::ones({shape_.planes() * shape_.bands}));
    }
    for (std::int64_t step = 0; step <= shape_.steps; ++step)
        edges_.push_back(step * shape_.frames / shape_.steps);
}

torch::Tensor InputLayer::compress(const torch::Tensor& windows) const {
    if (compression_.kind == "none") return windows;
    const auto magnitudes = windows.clamp_min(0);
    if (compression_.kind == "sqrt") return magnitudes.sqrt();
    return (magnitudes + compression_.floor).log();
}

/// Scales all powers by the window's highest, so that none is too large or too small for a float.
torch::Tensor InputLayer::limit_range(const torch::Tensor& windows) const {
    if (range_.db == 0) return windows;
    const double logarithms = range_.values == LogOf::power ? 1 : 2;  // of power, in one of these
    const auto highest = windows.amax(1, true);
    auto powers = ((windows - highest) * logarithms).exp_();
    powers += powers.mean(1, true) * std::pow(10.0, -range_.db / 10);
    return powers.log_().div_(logarithms).add_(highest);
}

/// Turns a window [K, D] into [planes, steps, D]: for each step, the means of its frames, of their first and
/// of their second differences, and the deviation. The differences within a step sum to that of its ends.
/// Frames before the first count as equal to it.
void InputLayer::take_features(const float* frames, float* features) const {
    const std::int64_t bands = shape_.bands, plane = shape_.steps * bands;
    for (std::int64_t s = 0; s < shape_.steps; ++s, features += bands) {
        const std::int64_t start = edges_[static_cast<std::size_t>(s)],
                           stop = edges_[static_cast<std::size_t>(s) + 1];
        const float share = 1 / static_cast<float>(stop - start);
        float* const mean = features;
        std::copy_n(frames + start * bands, bands, mean);
        for (std::int64_t row = start + 1; row < stop; ++row) {
            for (std::int64_t d = 0; d < bands; ++d) mean[d] += frames[row * bands + d];
        }
        for (std::int64_t d = 0; d < bands; ++d) mean[d] *= share;
        const auto before = [&](std::int64_t edge, std::int64_t frame) {
            return frames + std::max<std::int64_t>(0, edge - frame) * bands;
        };
        const float *last = before(stop, 1), *first = before(start, 1);
        if (shape_.deltas >= 1) {
            float* const change = features + plane;
            for (std::int64_t d = 0; d < bands; ++d) change[d] = (last[d] - first[d]) * share;
        }
        if (shape_.deltas == 2) {
            const float *second_last = before(stop, 2), *second_first = before(start, 2);
            float* const change = features + 2 * plane;
            for (std::int64_t d = 0; d < bands; ++d)
                change[d] = ((last[d] - second_last[d]) - (first[d] - second_first[d])) * share;
        }
        if (shape_.deviation)
            take_deviation(frames + start * bands, stop - start, bands, mean,
                           features + (shape_.planes() - 1) * plane);
    }
}

/// Standardises a plane [steps, D] by its mean and deviation over time. @param sums  workspace of 2 D numbers
void InputLayer::standardise_window(float* plane, float* sums) const {
    const std::int64_t bands = shape_.bands, steps = shape_.steps;
    float *mean = sums, *scale = sums + bands;
    std::fill_n(sums, 2 * bands, 0.0F);
    for (std::int64_t i = 0; i < steps; ++i) {
        for (std::int64_t d = 0; d < bands; ++d) mean[d] += plane[i * bands + d];
    }
    for (std::int64_t d = 0; d < bands; ++d) mean[d] /= static_cast<float>(steps);
    for (std::int64_t i = 0; i < steps; ++i) {
        for (std::int64_t d = 0; d < bands; ++d) {
            const float centred = plane[i * bands + d] -= mean[d];
            scale[d] += centred * centred;
        }
    }
    if (standardise_ == Standardise::mean)
        std::fill_n(scale, bands, std::accumulate(scale, scale + bands, 0.0F) / static_cast<float>(bands));
    for (std::int64_t d = 0; d < bands; ++d)
        scale[d] = 1 / (std::sqrt(scale[d] / static_cast<float>(steps)) + kLeastDeviation);
    for (std::int64_t i = 0; i < steps; ++i) {
        for (std::int64_t d = 0; d < bands; ++d) plane[i * bands + d] *= scale[d];
    }
}

/// Features before standardisation.
torch::Tensor InputLayer::features(const torch::Tensor& windows) const {
    const auto frames = limit_range(compress(windows)).contiguous();
    auto features = torch::empty({frames.size(0), shape_.planes(), shape_.steps, shape_.bands});
    const float* from = frames.data_ptr<float>();
    float* to = features.data_ptr<float>();
    for (std::int64_t i = 0; i < frames.size(0); ++i)
        take_features(from + i * shape_.values(), to + i * shape_.features());
    return features;
}

torch::Tensor InputLayer::forward(const torch::Tensor& windows) const {
    auto values = features(windows);
    if (standardise_ == Standardise::none) return values;
    if (standardise_ == Standardise::data) {
        const auto of_bands = [&](const torch::Tensor& numbers) {
            return numbers.view({shape_.planes(), 1, shape_.bands});
        };
        return values.sub_(of_bands(mean_)).div_(of_bands(deviation_));
    }
    std::vector<float> sums(2 * static_cast<std::size_t>(shape_.bands));
    float* const end = values.data_ptr<float>() + values.numel();
    for (float* plane = values.data_ptr<float>(); plane != end; plane += shape_.steps * shape_.bands)
        standardise_window(plane, sums.data());
    return values;
}

void InputLayer::fit(const TensorStream& windows) {
    if (standardise_ != Standardise::data) return;
    const torch::NoGradGuard no_gradients;
    const auto zeros = [&] { return torch::zeros({mean_.size(0)}, torch::kFloat64); };
    torch::Tensor sum = zeros(), squares = zeros(), shift;
    std::int64_t count = 0;
    for (auto batch = windows(); batch.defined(); batch = windows()) {
        // Rows are the steps of all windows, columns the bands of all planes.
        auto values = features(batch).transpose(1, 2).reshape({-1, mean_.size(0)}).to(torch::kFloat64);
        // Relative to the first batch's mean: sums of squares of values far from zero would lose their
        // differences.
        if (!shift.defined()) shift = values.mean(0);
        values = values - shift;
        sum += values.sum(0);
        squares += values.square().sum(0);
        count += values.size(0);
    }
    if (count == 0) throw Error("nothing to fit standardisation to: no training frames");
    const auto offset = sum / count;
    const auto deviation = (squares / count - offset.square()).clamp_min(0).sqrt();
    const auto mean = shift + offset;
    // A deviation below the resolution of float32 is rounding error.
    const auto constant = deviation <= mean.abs() * 1e-6;
    mean_.copy_(mean);
    deviation_.copy_(torch::where(constant, torch::ones_like(deviation), deviation));
}

}  // namespace earshot::network
