#include "frontend/pcen.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "frontend/mel_frontend.h"

namespace earshot::frontend {
namespace {

struct PcenSettings {
    MelSettings mel;
    double floor = 1e-10, time_s = 0.4, gain = 0.98, bias = 2, root = 0.5;
};

std::vector<Setting> settings_of(PcenSettings& s) {
    return mel_settings(
        s.mel, {floor_setting(s.floor),
                {"time-s", number_in(s.time_s, 1e-3, 1e4), "S", "Time over which the running mean forgets"},
                {"gain", number_in(s.gain, 0, 1), "X", "Exponent of the running mean"},
                {"bias", number_in(s.bias, 0, 1e6), "X", "Added before the root"},
                {"root", number_in(s.root, 1e-3, 1), "X", "Exponent of the result"}});
}

class Pcen final : public MelFrontend {
 public:
    explicit Pcen(const PcenSettings& settings)
        : MelFrontend(settings.mel),
          settings_(settings),
          smoothing_(static_cast<float>(-std::expm1(-hop_s() / settings.time_s))),
          smooth_(settings.mel.bank.bands) {}

    std::size_t dimension() const override { return smooth_.size(); }

    void reset() override {
        MelFrontend::reset();
        started_ = false;
    }

    nlohmann::ordered_json settings() const override {
        auto s = settings_;
        return frontend_json("pcen", settings_of(s));
    }

 private:
    void transform(std::span<const float> bands, std::span<float> frame) override {
        if (!std::exchange(started_, true)) std::ranges::copy(bands, smooth_.begin());
        const auto gain = static_cast<float>(settings_.gain), bias = static_cast<float>(settings_.bias),
                   root = static_cast<float>(settings_.root), floor = static_cast<float>(settings_.floor);
        const float rest = std::pow(bias, root);
        for (std::size_t b = 0; b < bands.size(); ++b) {
            smooth_[b] += smoothing_ * (bands[b] - smooth_[b]);
            frame[b] = std::pow(bands[b] * std::pow(floor + smooth_[b], -gain) + bias, root) - rest;
        }
    }

    PcenSettings settings_;
    float smoothing_;            // s
    std::vector<float> smooth_;  // M of the frame before
    bool started_ = false;
};

}  // namespace

FrontendSettings describe_pcen() {
    const auto s = std::make_shared<PcenSettings>();
    return {"pcen", s, settings_of(*s)};
}

std::unique_ptr<Frontend> make_pcen(const nlohmann::ordered_json& settings) {
    PcenSettings s;
    read_frontend(settings, settings_of(s));
    s.mel.complete();
    return std::make_unique<Pcen>(s);
}

}  // namespace earshot::frontend
