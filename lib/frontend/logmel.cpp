#include "frontend/logmel.h"

#include <cmath>

#include "frontend/mel_frontend.h"

namespace earshot::frontend {
namespace {

class LogMel final : public MelFrontend {
 public:
    LogMel(const MelSettings& settings, double floor) : MelFrontend(settings), floor_(floor) {}

    std::size_t dimension() const override { return mel().bank.bands; }

    nlohmann::ordered_json settings() const override {
        auto json = mel().json("logmel");
        json["floor"] = floor_;
        return json;
    }

 private:
    void transform(std::span<const float> bands, std::span<float> frame) override {
        const auto floor = static_cast<float>(floor_);
        for (std::size_t b = 0; b < bands.size(); ++b) frame[b] = std::log(bands[b] + floor);
    }

    double floor_;
};

}  // namespace

nlohmann::ordered_json default_logmel() {
    auto settings = default_mel_settings("logmel");
    settings["floor"] = 1e-10;
    return settings;
}

std::unique_ptr<Frontend> make_logmel(const nlohmann::ordered_json& settings) {
    const auto reader = MelSettings::reader(settings, {"floor"});
    return std::make_unique<LogMel>(MelSettings::read(reader), reader.number("floor", 1e-30, 1));
}

}  // namespace earshot::frontend
