#include "model/torch/input_layer.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "model/settings.h"
#include "support/error.h"

namespace earshot {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxValues = std::int64_t{1} << 20;
constexpr double kLeastDeviation = 1e-5;  // of what is standardised by itself

const Json& input_settings(const Json& architecture) {
    const auto input = architecture.find("input");
    if (input == architecture.end()) throw Error("architecture: \"input\" is missing");
    return *input;
}

Compression read_compression(const Json& settings) {
    Compression compression{text_setting(settings, "compress"), 0};
    if (compression.kind == "log") {
        compression.floor = number_setting(settings, "floor", 1e-30, 1e30);
    } else if (compression.kind != "none" && compression.kind != "sqrt") {
        throw Error(
            fmt::format("architecture: no compression '{}' (known: none, sqrt, log)", compression.kind));
    }
    return compression;
}

std::string read_standardise(const Json& settings) {
    if (!settings.contains("standardise")) return "data";
    const auto how = text_setting(settings, "standardise");
    if (how == "data" || how == "window" || how == "mean" || how == "none") return how;
    throw Error(fmt::format("architecture: no standardisation '{}' (known: data, window, mean, none)", how));
}

}  // namespace

InputShape input_shape(const Json& architecture) {
    InputShape shape;
    shape.bands = whole_setting(architecture, "inputs", 1, kMaxValues);
    if (architecture.contains("frames")) shape.frames = whole_setting(architecture, "frames", 1, kMaxValues);
    const Json& input = input_settings(architecture);
    if (input.contains("deltas")) shape.planes = 1 + whole_setting(input, "deltas", 0, 2);
    shape.steps = input.contains("pool") ? whole_setting(input, "pool", 1, shape.frames) : shape.frames;
    if (shape.values() > kMaxValues) {
        throw Error(fmt::format("architecture: windows of {} values, at most {} are allowed", shape.values(), kMaxValues));
    }
    return shape;
}

std::int64_t InputLayer::weight_count(const Json& architecture) {
    const auto shape = input_shape(architecture);
    read_compression(input_settings(architecture));
    return read_standardise(input_settings(architecture)) == "data" ? 2 * shape.planes * shape.bands : 0;
}

InputLayer::InputLayer(const Json& architecture)
    : shape_(input_shape(architecture)), compression_(read_compression(input_settings(architecture))) {
    const std::string how = read_standardise(input_settings(architecture));
    standardise_ = how == "data"   ? Standardise::data
                   : how == "mean" ? Standardise::mean
                   : how == "none" ? Standardise::none
                                   : Standardise::window;
    if (standardise_ == Standardise::data) {
        mean_ = register_buffer("mean", torch::zeros({shape_.planes * shape_.bands}));
        deviation_ = register_buffer("deviation", torch::ones({shape_.planes * shape_.bands}));
    }
    const auto edges = torch::floor_divide(torch::arange(shape_.steps + 1, torch::kInt64) * shape_.frames, shape_.steps);
    const auto edges_of = [&](std::int64_t first) { return edges.slice(0, first, first + shape_.steps); };
    starts_ = edges_of(0);
    stops_ = edges_of(1);
}

torch::Tensor InputLayer::compress(const torch::Tensor& windows) const {
    if (compression_.kind == "none") return windows;
    const auto magnitudes = windows.clamp_min(0);
    if (compression_.kind == "sqrt") return magnitudes.sqrt();
    return (magnitudes + compression_.floor).log();
}

/// Means over stretches of time: [n, K, D] to [n, steps, D].
torch::Tensor InputLayer::pooled(const torch::Tensor& frames) const {
    if (shape_.steps == shape_.frames) return frames;
    if (shape_.frames % shape_.steps == 0) {
        return frames.view({-1, shape_.steps, shape_.frames / shape_.steps, shape_.bands}).mean(2);
    }
    const auto* starts = starts_.data_ptr<std::int64_t>();
    const auto* stops = stops_.data_ptr<std::int64_t>();
    std::vector<torch::Tensor> means;
    for (std::int64_t i = 0; i < shape_.steps; ++i) means.push_back(frames.slice(1, starts[i], stops[i]).mean(1));
    return torch::stack(means, 1);
}

/// Of each stretch the mean of first or second differences. Those of a stretch sum up to that of its ends, so that few
/// frames are read. Before the first frame it is as in it: its differences are 0.
torch::Tensor InputLayer::pooled_differences(const torch::Tensor& frames, std::int64_t order) const {
    const auto change = [&](std::int64_t back) {
        const auto before = [&](const torch::Tensor& edges) { return frames.index_select(1, (edges - back).clamp_min(0)); };
        return before(stops_) - before(starts_);
    };
    const auto sum = order == 1 ? change(1) : change(1) - change(2);
    return sum / (stops_ - starts_).unsqueeze(1);
}

torch::Tensor InputLayer::features(const torch::Tensor& windows) const {
    const auto frames = compress(windows).view({-1, shape_.frames, shape_.bands});
    std::vector<torch::Tensor> planes{pooled(frames)};
    for (std::int64_t order = 1; order < shape_.planes; ++order) planes.push_back(pooled_differences(frames, order));
    return torch::stack(planes, 1);
}

torch::Tensor InputLayer::forward(const torch::Tensor& windows) const {
    const auto values = features(windows);
    if (standardise_ == Standardise::none) return values;
    if (standardise_ == Standardise::data) {
        const auto of_bands = [&](const torch::Tensor& numbers) { return numbers.view({shape_.planes, 1, shape_.bands}); };
        return (values - of_bands(mean_)) / of_bands(deviation_);
    }
    const auto centred = values - values.mean(2, true);
    const auto deviation = standardise_ == Standardise::window
                               ? centred.square().mean(2, true).sqrt()
                               : centred.square().mean(at::IntArrayRef{2, 3}, true).sqrt();
    return centred / (deviation + kLeastDeviation);
}

void InputLayer::fit(const WindowStream& windows) {
    if (standardise_ != Standardise::data) return;
    const torch::NoGradGuard no_gradients;
    const auto zeros = [&] { return torch::zeros({mean_.size(0)}, torch::kFloat64); };
    torch::Tensor sum = zeros(), squares = zeros(), shift;
    std::int64_t count = 0;
    for (auto batch = windows(); batch.defined(); batch = windows()) {
        // A row for each step of each window, a column for each band of each plane.
        auto values = features(batch).transpose(1, 2).reshape({-1, mean_.size(0)}).to(torch::kFloat64);
        // Around the first batch's mean: sums of squares of values far from zero would lose their difference.
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
    // Below the resolution of float32 a deviation is rounding, not variation.
    const auto constant = deviation <= mean.abs() * 1e-6;
    mean_.copy_(mean);
    deviation_.copy_(torch::where(constant, torch::ones_like(deviation), deviation));
}

}  // namespace earshot
