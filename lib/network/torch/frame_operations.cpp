#include <cmath>
#include <vector>

#include "network/frame_features.h"
#include "network/torch/operations.h"

namespace earshot::network {

/// Scales all powers by the window's highest, so that none is too large or too small for a float.
torch::Tensor apply_noise_floor(const op::NoiseFloor& floor, const torch::Tensor& frames) {
    const double logarithms = floor.logarithms_of == LogOf::power ? 1 : 2;  // of power, in one of these
    const auto windows = frames.flatten(1);
    const auto highest = windows.amax(1, true);
    auto powers = ((windows - highest) * logarithms).exp_();
    powers += powers.mean(1, true) * std::pow(10.0, -floor.db / 10);
    return powers.log_().div_(logarithms).add_(highest).view(frames.sizes());
}

torch::Tensor apply_time_features(const op::TimeFeatures& features, const torch::Tensor& frames) {
    const auto windows = frames.contiguous();
    const std::int64_t n = windows.size(0), rows = windows.size(1), bands = windows.size(2);
    auto result = torch::empty(
        {n, feature_planes(features.deltas, features.deviation), features.steps, bands}, frames.options());
    const std::int64_t each = n > 0 ? result.numel() / n : 0;
    const float* from = windows.data_ptr<float>();
    float* to = result.data_ptr<float>();
    for (std::int64_t i = 0; i < n; ++i)
        take_features(features, rows, bands, from + i * rows * bands, to + i * each);
    return result;
}

torch::Tensor apply_standardise(const op::Standardise& standardise, const torch::Tensor& features,
                                std::span<const torch::Tensor> weights) {
    const std::int64_t planes = features.size(1), steps = features.size(2), bands = features.size(3);
    if (standardise.by == op::Standardise::By::data) {
        const auto of_bands = [&](const torch::Tensor& numbers) { return numbers.view({planes, 1, bands}); };
        return (features - of_bands(weights[0])).div_(of_bands(weights[1]));
    }
    auto values = features.clone(torch::MemoryFormat::Contiguous);
    std::vector<float> sums(2 * static_cast<std::size_t>(bands));
    float* const end = values.data_ptr<float>() + values.numel();
    for (float* plane = values.data_ptr<float>(); plane != end; plane += steps * bands)
        standardise_plane(plane, steps, bands, standardise.by == op::Standardise::By::mean, sums.data());
    return values;
}

torch::Tensor apply_views(const op::Views& views, const torch::Tensor& frames) {
    const auto windows = frames.contiguous();
    const auto values = static_cast<std::size_t>(windows.size(1) * windows.size(2));
    auto result =
        torch::empty({windows.size(0) * views.count(), windows.size(1), windows.size(2)}, frames.options());
    const float* from = windows.data_ptr<float>();
    float* to = result.data_ptr<float>();
    for (std::int64_t i = 0; i < windows.size(0);
         ++i, from += values, to += static_cast<std::size_t>(views.count()) * values)
        take_views(views, {from, values}, windows.size(2), to);
    return result;
}

}  // namespace earshot::network
