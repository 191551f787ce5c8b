#include "frontend/mfcc.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "frontend/mel_frontend.h"

namespace earshot::frontend {
namespace {

class Mfcc final : public MelFrontend {
 public:
    Mfcc(const MelSettings& settings, double floor, std::size_t coefficients)
        : MelFrontend(settings),
          floor_(floor),
          coefficients_(coefficients),
          cosines_(mfcc_matrix(settings.bank.bands, coefficients)) {}

    std::size_t dimension() const override { return coefficients_; }

    nlohmann::ordered_json settings() const override {
        auto json = mel().json("mfcc");
        json["floor"] = floor_;
        json["coefficients"] = coefficients_;
        return json;
    }

 private:
    void transform(std::span<const float> bands, std::span<float> frame) override {
        std::ranges::fill(frame, 0.0F);
        const float* row = cosines_.data();
        for (const float band : bands) {
            const float log = std::log(band + static_cast<float>(floor_));
            for (float& coefficient : frame) coefficient += log * *row++;
        }
    }

    double floor_;
    std::size_t coefficients_;
    std::vector<float> cosines_;  // [band][coefficient]
};

}  // namespace

std::vector<float> mfcc_matrix(std::size_t bands, std::size_t coefficients) {
    std::vector<float> cosines;
    cosines.reserve(bands * coefficients);
    const auto size = static_cast<double>(bands);
    for (std::size_t n = 0; n < bands; ++n) {
        for (std::size_t k = 0; k < coefficients; ++k) {
            const double angle =
                std::numbers::pi * static_cast<double>(k) * (static_cast<double>(n) + 0.5) / size;
            cosines.push_back(static_cast<float>(std::sqrt((k == 0 ? 1 : 2) / size) * std::cos(angle)));
        }
    }
    return cosines;
}

nlohmann::ordered_json default_mfcc() {
    auto settings = default_mel_settings("mfcc");
    settings.update({{"floor", 1e-10}, {"coefficients", 20}});
    return settings;
}

std::unique_ptr<Frontend> make_mfcc(const nlohmann::ordered_json& settings) {
    const auto reader = MelSettings::reader(settings, {"floor", "coefficients"});
    const auto mel = MelSettings::read(reader);
    const auto most = static_cast<std::int64_t>(mel.bank.bands);
    return std::make_unique<Mfcc>(mel, reader.number("floor", 1e-30, 1),
                                  static_cast<std::size_t>(reader.integer("coefficients", 1, most)));
}

}  // namespace earshot::frontend
