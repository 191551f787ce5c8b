#include "network/torch/cnn.h"

#include <fmt/format.h>

#include <vector>

#include "network/architecture.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kCnnKernel = 3, kCnnStride = 2;

struct CnnSettings {
    std::vector<std::int64_t> channels;  // planes of the input, then channels of each convolution
    std::int64_t bands;                  // after the convolutions
    std::int64_t units, outputs;
    double dropout;
};

CnnSettings read_cnn_settings(const Json& architecture) {
    const InputShape shape = input_shape(architecture);
    const NetworkOptions layers = read_layers(architecture, {"channels", "units", "dropout"});
    CnnSettings settings{*layers.channels, shape.bands, *layers.units, Answer(architecture).outputs(),
                         layers.dropout};
    for (std::size_t i = 0; i < settings.channels.size(); ++i)
        settings.bands = (settings.bands + kCnnStride - 1) / kCnnStride;
    settings.channels.insert(settings.channels.begin(), shape.planes());
    return settings;
}

class Cnn : public Network {
 public:
    explicit Cnn(const Json& architecture) : Network(architecture) {
        const auto settings = read_cnn_settings(architecture);
        dropout_ = settings.dropout;
        const auto& channels = settings.channels;
        for (std::size_t i = 1; i < channels.size(); ++i) {
            const auto options = torch::nn::Conv2dOptions(channels[i - 1], channels[i], kCnnKernel)
                                     .stride(kCnnStride)
                                     .padding(kCnnKernel / 2)
                                     .bias(false);
            convolutions_.push_back(register_module(fmt::format("conv_{}", i), torch::nn::Conv2d(options)));
            norms_.push_back(
                register_module(fmt::format("conv_{}_norm", i), torch::nn::BatchNorm2d(channels[i])));
        }
        mix_ = register_module("mix", torch::nn::Linear(channels.back() * settings.bands, settings.units));
        add_output(settings.units);
    }

    bool gains_from_bfloat16() const override { return true; }

 protected:
    torch::Tensor embedding(const torch::Tensor& features) override {
        auto planes = features;
        for (std::size_t i = 0; i < convolutions_.size(); ++i) planes = convolved(i, planes).relu_();
        const auto steps = planes.transpose(1, 2).flatten(2);  // [n, time, channels * bands]
        const auto values = torch::relu(mix_(steps)).amax(1);
        return dropout_ > 0 ? torch::dropout(values, dropout_, is_training()) : values;
    }

 private:
    /// Convolution and normalisation of layer i, merged into one convolution after training.
    torch::Tensor convolved(std::size_t i, const torch::Tensor& planes) {
        auto& convolution = convolutions_[i];
        auto& norm = norms_[i];
        if (is_training()) return norm(convolution(planes));
        const auto scale = norm->weight / (norm->running_var + norm->options.eps()).sqrt();
        const auto offset = norm->bias - norm->running_mean * scale;
        return torch::conv2d(planes, convolution->weight * scale.view({-1, 1, 1, 1}), offset, kCnnStride,
                             kCnnKernel / 2);
    }

    double dropout_;
    std::vector<torch::nn::Conv2d> convolutions_;
    std::vector<torch::nn::BatchNorm2d> norms_;
    torch::nn::Linear mix_{nullptr};
};

}  // namespace

std::int64_t cnn_weight_count(const Json& architecture) {
    const auto settings = read_cnn_settings(architecture);
    const auto& channels = settings.channels;
    std::int64_t count = InputLayer::weight_count(architecture);
    for (std::size_t i = 1; i < channels.size(); ++i) {
        // Kernel; scale, offset, mean and variance of each channel; and the number of batches seen.
        count += kCnnKernel * kCnnKernel * channels[i - 1] * channels[i] + 4 * channels[i] + 1;
    }
    return count + (channels.back() * settings.bands + 1) * settings.units +
           (settings.units + 1) * settings.outputs;
}

std::shared_ptr<Network> make_cnn(const Json& architecture) { return std::make_shared<Cnn>(architecture); }

}  // namespace earshot::network
