#include "model/torch/mlp.h"

#include <fmt/format.h>

#include <vector>

#include "model/settings.h"
#include "model/torch/input_layer.h"
#include "support/error.h"

namespace earshot {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxValues = std::int64_t{1} << 20;
constexpr std::int64_t kMaxUnits = std::int64_t{1} << 20;
constexpr std::int64_t kMaxClasses = std::int64_t{1} << 16;
constexpr std::size_t kMaxLayers = 16;

struct MlpSettings {
    std::vector<std::int64_t> sizes;  // inputs, hidden layers, classes
    double dropout;
    Compression compression;
};

MlpSettings read_settings(const Json& architecture) {
    MlpSettings settings;
    settings.sizes.push_back(whole_setting(architecture, "inputs", 1, kMaxValues));
    const auto hidden = architecture.find("hidden");
    if (hidden == architecture.end() || !hidden->is_array() || hidden->size() > kMaxLayers) {
        throw Error(
            fmt::format("architecture: \"hidden\" should be a list of at most {} layer sizes", kMaxLayers));
    }
    for (const Json& units : *hidden) {
        settings.sizes.push_back(whole_setting(Json{{"hidden", units}}, "hidden", 1, kMaxUnits));
    }
    settings.sizes.push_back(whole_setting(architecture, "classes", 1, kMaxClasses));
    settings.dropout = number_setting(architecture, "dropout", 0, 0.99);
    const auto input = architecture.find("input");
    if (input == architecture.end()) throw Error("architecture: \"input\" is missing");
    settings.compression = read_compression(*input);
    return settings;
}

class Mlp : public Network {
 public:
    explicit Mlp(const MlpSettings& settings) : dropout_(settings.dropout) {
        const auto& sizes = settings.sizes;
        input_ = register_module("input", std::make_shared<InputLayer>(sizes.front(), settings.compression));
        for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
            const bool last = i + 2 == sizes.size();
            const std::string name = last ? "output" : fmt::format("dense_{}", i + 1);
            layers_.push_back(register_module(name, torch::nn::Linear(sizes[i], sizes[i + 1])));
        }
    }

    std::int64_t window_values() const override { return layers_.front()->options.in_features(); }
    std::int64_t classes() const override { return layers_.back()->options.out_features(); }

    torch::Tensor forward(const torch::Tensor& windows) override {
        auto values = input_->forward(windows);
        for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
            values = torch::relu(layers_[i](values));
            if (dropout_ > 0) values = torch::dropout(values, dropout_, is_training());
        }
        return layers_.back()(values);
    }

    void fit_input(const WindowStream& windows) override { input_->fit(windows); }

 private:
    double dropout_;
    std::shared_ptr<InputLayer> input_;
    std::vector<torch::nn::Linear> layers_;
};

}  // namespace

Json mlp_architecture(std::int64_t inputs, std::int64_t classes, const Compression& compression,
                      double dropout) {
    const std::int64_t wide = 2 * inputs;
    const std::int64_t narrow = std::max<std::int64_t>(1, 3 * inputs / 4);
    return {{"kind", "mlp"},      {"inputs", inputs},   {"hidden", {wide, narrow}},
            {"classes", classes}, {"dropout", dropout}, {"input", write_compression(compression)}};
}

std::int64_t mlp_weight_count(const Json& architecture) {
    const auto sizes = read_settings(architecture).sizes;
    std::int64_t count = 2 * sizes.front();  // mean and deviation
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) count += (sizes[i] + 1) * sizes[i + 1];
    return count;
}

std::shared_ptr<Network> make_mlp(const Json& architecture) {
    return std::make_shared<Mlp>(read_settings(architecture));
}

}  // namespace earshot
