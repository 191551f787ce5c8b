#include "model/torch/mlp.h"

#include <fmt/format.h>

#include <vector>

#include "model/settings.h"
#include "support/error.h"

namespace earshot {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxUnits = std::int64_t{1} << 20;
constexpr std::size_t kMaxLayers = 16;

struct MlpSettings {
    std::vector<std::int64_t> sizes;  // features, hidden layers, outputs
    bool layer_norm;
    double dropout;
};

MlpSettings read_settings(const Json& architecture) {
    MlpSettings settings;
    settings.sizes.push_back(input_shape(architecture).features());
    const auto hidden = architecture.find("hidden");
    if (hidden == architecture.end() || !hidden->is_array() || hidden->size() > kMaxLayers) {
        throw Error(
            fmt::format("architecture: \"hidden\" should be a list of at most {} layer sizes", kMaxLayers));
    }
    for (const Json& units : *hidden) {
        settings.sizes.push_back(whole_setting(Json{{"hidden", units}}, "hidden", 1, kMaxUnits));
    }
    settings.sizes.push_back(Answer(architecture).outputs());
    settings.layer_norm = flag_setting(architecture, "layer_norm");
    settings.dropout = number_setting(architecture, "dropout", 0, 0.99);
    return settings;
}

class Mlp : public Network {
 public:
    explicit Mlp(const Json& architecture) : Network(architecture) {
        const auto settings = read_settings(architecture);
        const auto& sizes = settings.sizes;
        dropout_ = settings.dropout;
        if (settings.layer_norm) {
            norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({sizes.front()})));
        }
        for (std::size_t i = 0; i + 2 < sizes.size(); ++i) {
            const std::string name = fmt::format("dense_{}", i + 1);
            layers_.push_back(register_module(name, torch::nn::Linear(sizes[i], sizes[i + 1])));
        }
        add_output(sizes[sizes.size() - 2]);
    }

 protected:
    torch::Tensor embedding(const torch::Tensor& features) override {
        auto values = features.flatten(1);
        if (norm_) values = norm_(values);
        for (auto& layer : layers_) {
            values = torch::relu(layer(values));
            if (dropout_ > 0) values = torch::dropout(values, dropout_, is_training());
        }
        return values;
    }

 private:
    double dropout_;
    torch::nn::LayerNorm norm_{nullptr};
    std::vector<torch::nn::Linear> layers_;
};

}  // namespace

std::int64_t mlp_weight_count(const Json& architecture) {
    const auto settings = read_settings(architecture);
    const auto& sizes = settings.sizes;
    std::int64_t count = InputLayer::weight_count(architecture) + (settings.layer_norm ? 2 * sizes.front() : 0);
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) count += (sizes[i] + 1) * sizes[i + 1];
    return count;
}

std::shared_ptr<Network> make_mlp(const Json& architecture) { return std::make_shared<Mlp>(architecture); }

}  // namespace earshot
