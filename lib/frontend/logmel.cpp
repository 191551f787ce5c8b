#include "frontend/logmel.h"

#include <cmath>

#include "frontend/mel_frontend.h"

namespace earshot::frontend {
namespace {

struct LogMelSettings {
    MelSettings mel;
    double floor = 1e-10;
};

std::vector<Setting> settings_of(LogMelSettings& s) { return mel_settings(s.mel, {floor_setting(s.floor)}); }

class LogMel final : public MelFrontend {
 public:
    explicit LogMel(const LogMelSettings& settings) : MelFrontend(settings.mel), floor_(settings.floor) {}

    std::size_t dimension() const override { return mel().bank.bands; }

    nlohmann::ordered_json settings() const override {
        LogMelSettings s{mel(), floor_};
        return frontend_json("logmel", settings_of(s));
    }

 private:
    void transform(std::span<const float> bands, std::span<float> frame) override {
        const auto floor = static_cast<float>(floor_);
        for (std::size_t b = 0; b < bands.size(); ++b) frame[b] = std::log(bands[b] + floor);
    }

    double floor_;
};

}  // namespace

FrontendSettings describe_logmel() {
    const auto s = std::make_shared<LogMelSettings>();
    return {"logmel", s, settings_of(*s)};
}

std::unique_ptr<Frontend> make_logmel(const nlohmann::ordered_json& settings) {
    LogMelSettings s;
    read_frontend(settings, settings_of(s));
    s.mel.complete();
    return std::make_unique<LogMel>(s);
}

}  // namespace earshot::frontend
