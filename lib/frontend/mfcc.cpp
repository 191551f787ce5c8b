#include "frontend/mfcc.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "frontend/mel_frontend.h"

namespace earshot::frontend {
namespace {

struct MfccSettings {
    MelSettings mel;
    double floor = 1e-10;
    std::size_t coefficients = 20;
};

std::vector<Setting> settings_of(MfccSettings& s) {
    return mel_settings(s.mel, {floor_setting(s.floor),
                                {"coefficients", whole_in(s.coefficients, 1, 4096), "N",
                                 "Coefficients, at most as many as bands"}});
}

class Mfcc final : public MelFrontend {
 public:
    explicit Mfcc(const MfccSettings& settings)
        : MelFrontend(settings.mel),
          floor_(settings.floor),
          coefficients_(settings.coefficients),
          cosines_(mfcc_matrix(settings.mel.bank.bands, coefficients_)) {}

    std::size_t dimension() const override { return coefficients_; }

    nlohmann::ordered_json settings() const override {
        MfccSettings s{mel(), floor_, coefficients_};
        return frontend_json("mfcc", settings_of(s));
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

FrontendSettings describe_mfcc() {
    const auto s = std::make_shared<MfccSettings>();
    return {"mfcc", s, settings_of(*s)};
}

std::unique_ptr<Frontend> make_mfcc(const nlohmann::ordered_json& settings) {
    MfccSettings s;
    read_frontend(settings, settings_of(s));
    s.mel.complete();
    check_number("coefficients", s.coefficients, 1, static_cast<double>(s.mel.bank.bands));
    return std::make_unique<Mfcc>(s);
}

}  // namespace earshot::frontend
