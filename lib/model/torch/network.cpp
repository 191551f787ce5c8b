#include "model/torch/network.h"

#include <fmt/format.h>

#include "model/settings.h"
#include "support/error.h"

namespace earshot {
namespace {

using Json = nlohmann::ordered_json;

bool read_head(const Json& architecture) {
    if (!architecture.contains("head")) return false;
    const auto head = text_setting(architecture, "head");
    if (head == "lda") return true;
    throw Error(fmt::format("architecture: no head '{}' (known: lda; perhaps a newer earshot wrote it)", head));
}

std::optional<double> read_shrinkage(const Json& architecture) {
    if (!architecture.contains("shrinkage")) return std::nullopt;
    return number_setting(architecture, "shrinkage", 0, 1);
}

}  // namespace

Network::Network(const Json& architecture)
    : answer_(architecture),
      discriminant_(read_head(architecture)),
      shrinkage_(read_shrinkage(architecture)),
      input_(register_module("input", std::make_shared<InputLayer>(architecture))) {}

void Network::add_output(std::int64_t width) {
    output_ = register_module("output", torch::nn::Linear(width, answer_.outputs()));
}

void Network::move_to(torch::Device device) {
    to(device);
    input_->to(torch::kCPU);
}

bool Network::learns() const { return !discriminant_ || parameters().size() > output_->parameters().size(); }

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
    // Discriminant functions (columns) of the mean of each class (rows).
    const auto means = fitted.class_means.mm(fitted.weight.t()) + fitted.bias;
    const auto own = means.diagonal();
    const auto other = means.clone().fill_diagonal_(-INFINITY).amax(1);
    const double middle = ((own + other) / 2).mean().item<double>();
    const double scale = 2 * kOwnClass / std::max((own - other).mean().item<double>(), 1e-6);
    output_->weight.copy_(fitted.weight * scale);
    output_->bias.copy_((fitted.bias - middle) * scale);
    train(training);
}

}  // namespace earshot
