#include "frontend/pcen.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "frontend/mel_frontend.h"

namespace earshot::frontend {
namespace {

struct Normalisation {
    double time_s, gain, bias, root, floor;
};

class Pcen final : public MelFrontend {
 public:
    Pcen(const MelSettings& settings, const Normalisation& normalisation)
        : MelFrontend(settings),
          normalisation_(normalisation),
          smoothing_(static_cast<float>(-std::expm1(-hop_s() / normalisation.time_s))),
          smooth_(settings.bank.bands) {}

    std::size_t dimension() const override { return smooth_.size(); }

    void reset() override {
        MelFrontend::reset();
        started_ = false;
    }

    nlohmann::ordered_json settings() const override {
        auto json = mel().json("pcen");
        json["floor"] = normalisation_.floor;
        json["time_s"] = normalisation_.time_s;
        json["gain"] = normalisation_.gain;
        json["bias"] = normalisation_.bias;
        json["root"] = normalisation_.root;
        return json;
    }

 private:
    void transform(std::span<const float> bands, std::span<float> frame) override {
        if (!std::exchange(started_, true)) std::ranges::copy(bands, smooth_.begin());
        const auto gain = static_cast<float>(normalisation_.gain),
                   bias = static_cast<float>(normalisation_.bias),
                   root = static_cast<float>(normalisation_.root),
                   floor = static_cast<float>(normalisation_.floor);
        const float rest = std::pow(bias, root);
        for (std::size_t b = 0; b < bands.size(); ++b) {
            smooth_[b] += smoothing_ * (bands[b] - smooth_[b]);
            frame[b] = std::pow(bands[b] * std::pow(floor + smooth_[b], -gain) + bias, root) - rest;
        }
    }

    Normalisation normalisation_;
    float smoothing_;            // s
    std::vector<float> smooth_;  // M of the frame before
    bool started_ = false;
};

}  // namespace

nlohmann::ordered_json default_pcen() {
    auto settings = default_mel_settings("pcen");
    settings.update({{"floor", 1e-10}, {"time_s", 0.4}, {"gain", 0.98}, {"bias", 2}, {"root", 0.5}});
    return settings;
}

std::unique_ptr<Frontend> make_pcen(const nlohmann::ordered_json& settings) {
    const auto reader = MelSettings::reader(settings, {"floor", "time_s", "gain", "bias", "root"});
    const Normalisation normalisation{.time_s = reader.number("time_s", 1e-3, 1e4),
                                      .gain = reader.number("gain", 0, 1),
                                      .bias = reader.number("bias", 0, 1e6),
                                      .root = reader.number("root", 1e-3, 1),
                                      .floor = reader.number("floor", 1e-30, 1)};
    return std::make_unique<Pcen>(MelSettings::read(reader), normalisation);
}

}  // namespace earshot::frontend
