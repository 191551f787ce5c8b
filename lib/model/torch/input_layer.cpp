#include "model/torch/input_layer.h"

#include <fmt/format.h>

#include "model/settings.h"
#include "support/error.h"

namespace earshot {

using Json = nlohmann::ordered_json;

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

Json write_compression(const Compression& compression) {
    Json settings{{"compress", compression.kind}};
    if (compression.kind == "log") settings["floor"] = compression.floor;
    return settings;
}

InputLayer::InputLayer(std::int64_t values, const Compression& compression)
    : compression_(compression),
      mean_(register_buffer("mean", torch::zeros({values}))),
      deviation_(register_buffer("deviation", torch::ones({values}))) {}

torch::Tensor InputLayer::compress(const torch::Tensor& windows) const {
    if (compression_.kind == "none") return windows;
    const auto magnitudes = windows.clamp_min(0);
    if (compression_.kind == "sqrt") return magnitudes.sqrt();
    return (magnitudes + compression_.floor).log();
}

torch::Tensor InputLayer::forward(const torch::Tensor& windows) const {
    return (compress(windows) - mean_) / deviation_;
}

void InputLayer::fit(const Network::WindowStream& windows) {
    const torch::NoGradGuard no_gradients;
    const auto zeros = [&] { return torch::zeros({mean_.size(0)}, torch::kFloat64); };
    torch::Tensor sum = zeros(), squares = zeros(), shift;
    std::int64_t count = 0;
    for (auto batch = windows(); batch.defined(); batch = windows()) {
        auto values = compress(batch).to(torch::kFloat64);
        // Around the first batch's mean: sums of squares of values far from zero would lose their difference.
        if (!shift.defined()) shift = values.mean(0);
        values = values - shift;
        sum += values.sum(0);
        squares += values.square().sum(0);
        count += batch.size(0);
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
