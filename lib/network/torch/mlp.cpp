#include "network/torch/mlp.h"

#include <vector>

#include "network/architecture.h"
#include "network/settings.h"
#include "network/torch/dense_layers.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

struct MlpSettings {
    std::vector<std::int64_t> sizes;  // features, then units of each hidden layer
    bool layer_norm;
    double dropout;
};

MlpSettings read_mlp_settings(const Json& architecture) {
    const NetworkOptions layers = read_layers(architecture, {"hidden", "dropout"});
    MlpSettings settings{*layers.hidden, flag_setting(architecture, "layer_norm"), layers.dropout};
    settings.sizes.insert(settings.sizes.begin(), input_shape(architecture).features());
    return settings;
}

class Mlp : public Network {
 public:
    explicit Mlp(const Json& architecture) : Network(architecture) {
        const auto settings = read_mlp_settings(architecture);
        const auto& sizes = settings.sizes;
        if (settings.layer_norm) {
            norm_ =
                register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({sizes.front()})));
        }
        dense_ = DenseLayers(*this, sizes, settings.dropout);
        add_output(sizes.back());
    }

 protected:
    torch::Tensor embedding(const torch::Tensor& features) override {
        const auto values = features.flatten(1);
        if (!norm_) return dense_.forward(values, is_training());
        if (!is_training()) return dense_.forward(norm_(values), false);
        return dense_.learn(torch::layer_norm(values, norm_->options.normalized_shape()), norm_->weight,
                            norm_->bias);
    }

 private:
    torch::nn::LayerNorm norm_{nullptr};
    DenseLayers dense_;
};

}  // namespace

std::int64_t mlp_weight_count(const Json& architecture) {
    const auto settings = read_mlp_settings(architecture);
    const auto& sizes = settings.sizes;
    return InputLayer::weight_count(architecture) + (settings.layer_norm ? 2 * sizes.front() : 0) +
           DenseLayers::weight_count(sizes) + (sizes.back() + 1) * Answer(architecture).outputs();
}

std::shared_ptr<Network> make_mlp(const Json& architecture) { return std::make_shared<Mlp>(architecture); }

}  // namespace earshot::network
