#include "network/torch/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "network/architecture.h"
#include "network/settings.h"
#include "network/warps.h"
#include "support/error.h"
#include "windows/windowing.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

bool read_head(const Json& architecture) {
    if (!architecture.contains("head")) return false;
    const auto head = text_setting(architecture, "head");
    if (head == "lda") return true;
    throw Error(
        fmt::format("architecture: no head '{}' (known: lda; perhaps a newer earshot wrote it)", head));
}

}  // namespace

Network::Network(const Json& architecture) : Network(architecture, read_layers(architecture, {})) {}

Network::Network(const Json& architecture, const NetworkOptions& layers)
    : answer_(architecture),
      discriminant_(read_head(architecture)),
      shrinkage_(layers.shrinkage),
      paces_(layers.paces),
      pitches_(layers.pitches),
      input_(register_module("input", std::make_shared<InputLayer>(architecture))) {}

void Network::add_output(std::int64_t width) {
    output_ = register_module("output", torch::nn::Linear(width, answer_.outputs()));
}

void Network::move_to(torch::Device device) {
    to(device);
    input_->to(torch::kCPU);
}

bool Network::learns() const { return !discriminant_ || parameters().size() > output_->parameters().size(); }

torch::Tensor Network::hear(const torch::Tensor& windows) {
    auto logits = forward(windows);
    if (paces_ == 0 && pitches_ == 0) return logits;
    std::vector<torch::Tensor> views{std::move(logits)};
    const auto hear_at = [&](double share, auto view) {
        if (share == 0) return;
        for (const double factor : {1 - share, 1 + share})
            views.push_back(forward((this->*view)(windows, factor)));
    };
    hear_at(paces_, &Network::at_pace);
    hear_at(pitches_, &Network::at_pitch);
    return answer_.merged(torch::stack(views));
}

/// Windows faster by the factor, from their first frame on. The mean of each band fills in for what would
/// come after the last frame.
torch::Tensor Network::at_pace(const torch::Tensor& windows, double factor) const {
    const auto values = static_cast<std::size_t>(window_values()),
               bands = static_cast<std::size_t>(input_->shape().bands);
    const auto frames =
        std::max<std::int64_t>(1, std::llround(static_cast<double>(input_->shape().frames) * factor));
    std::vector<float> source(static_cast<std::size_t>(frames) * bands);
    const std::size_t present = std::min(source.size(), values) / bands;
    auto changed = windows.clone(torch::MemoryFormat::Contiguous);
    float* const end = changed.data_ptr<float>() + changed.numel();
    for (float* window = changed.data_ptr<float>(); window != end; window += values) {
        std::copy_n(window, present * bands, source.begin());
        windows::pad_window(source, present, bands, windows::Padding::mean);
        stretch_frames(source, {window, values}, bands);
    }
    return changed;
}

/// Windows lower by the factor: each band takes the value of a band that many times higher.
torch::Tensor Network::at_pitch(const torch::Tensor& windows, double factor) const {
    auto changed = windows.clone(torch::MemoryFormat::Contiguous);
    warp_bands({changed.data_ptr<float>(), static_cast<std::size_t>(changed.numel())},
               static_cast<std::size_t>(input_->shape().bands), factor);
    return changed;
}

void Network::fit_output(const LabelledStream& windows, bool balanced) {
    const torch::NoGradGuard no_gradients;
    const bool training = is_training();
    eval();
    const LabelledStream embedded = [&](const LabelledSink& sink) {
        windows([&](const torch::Tensor& some, const torch::Tensor& classes) {
            sink(embed(some).to(torch::kCPU), classes);
        });
    };
    const Discriminant fitted = fit_discriminant(embedded, answer_.outputs(), shrinkage_, balanced);
    // Discriminant functions (columns) at the mean of each class (rows).
    const auto means = fitted.class_means.mm(fitted.weight.t()) + fitted.bias;
    const auto own = means.diagonal();
    const auto other = means.clone().fill_diagonal_(-INFINITY).amax(1);
    const double middle = ((own + other) / 2).mean().item<double>();
    const double scale = 2 * kOwnClass / std::max((own - other).mean().item<double>(), 1e-6);
    output_->weight.copy_(fitted.weight * scale);
    output_->bias.copy_((fitted.bias - middle) * scale);
    train(training);
}

}  // namespace earshot::network
