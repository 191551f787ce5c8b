#include "frontend/waveform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "frontend/finite.h"
#include "frontend/framer.h"
#include "frontend/or_reset.h"
#include "frontend/zero_phase_filter.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kWaveformMaxWindow = 1 << 20;  // samples: 24 s at 44.1 kHz

struct WaveformSettings {
    int rate_hz = 44100;
    double window_s = 1, hop_s = 1;
    std::size_t window = 0, hop = 0;  // samples
    int order = 4;
    double low_hz = 20, high_hz = 8000;
    std::string level = "peak";
    double gain_db = 0;
};

std::vector<Setting> settings_of(WaveformSettings& s) {
    return {
        sample_rate_setting(s.rate_hz),
        frame_setting(s.window_s, "window_s"),
        hop_setting(s.hop_s),
        {"order", whole_in(s.order, 0, ZeroPhaseFilter::kMaxOrder), "N",
         "Order of the Butterworth band-pass filter (0: no filter)"},
        low_setting(s.low_hz),
        high_setting(s.high_hz),
        {"level", one_of(s.level, {"peak", "kept"}), "WHAT",
         "Scale every frame to a peak of 1, or keep its level"},
        {"gain-db", number_in(s.gain_db, -200, 200), "DB", "Gain of every frame, for level kept"},
    };
}

WaveformSettings read_waveform_settings(const Json& json) {
    WaveformSettings s;
    read_frontend(json, settings_of(s));
    check_number("window_s", s.window_s, 1.0 / s.rate_hz,
                 static_cast<double>(kWaveformMaxWindow) / s.rate_hz);
    check_number("hop_s", s.hop_s, 1.0 / s.rate_hz, s.window_s);
    check_band(s.low_hz, s.high_hz, s.rate_hz);
    s.window = static_cast<std::size_t>(std::llround(s.window_s * s.rate_hz));
    s.hop = static_cast<std::size_t>(std::llround(s.hop_s * s.rate_hz));
    if (s.level == "peak" && s.gain_db != 0) {
        throw Error(
            fmt::format("front end: gain_db is {}, but level \"peak\" makes every frame equally loud (set "
                        "level to kept, or gain_db to 0)",
                        s.gain_db));
    }
    return s;
}

std::optional<ZeroPhaseFilter> filter_of(const WaveformSettings& s) {
    if (s.order == 0) return std::nullopt;
    ZeroPhaseFilter filter(s.order, s.low_hz, s.high_hz, s.rate_hz);
    if (s.window > filter.padding()) return filter;
    throw Error(fmt::format("front end: a window of {} samples, a band-pass of order {} needs more than {}",
                            s.window, s.order, filter.padding()));
}

class Waveform final : public Frontend {
 public:
    explicit Waveform(const WaveformSettings& settings)
        : settings_(settings),
          filter_(filter_of(settings)),
          framer_({settings.window, settings.hop, 0, 0, 1}),
          gain_(std::pow(10, settings.gain_db / 20)),
          frame_(settings.window) {}

    int rate_hz() const override { return settings_.rate_hz; }
    std::size_t dimension() const override { return settings_.window; }
    double hop_s() const override { return static_cast<double>(settings_.hop) / settings_.rate_hz; }
    double window_s() const override { return static_cast<double>(settings_.window) / settings_.rate_hz; }

    void push(std::span<const float> samples, const FrameSink& sink) override {
        or_reset(*this, [&] { framer_.push(samples, treatment(sink)); });
    }
    void flush(const FrameSink& sink) override {
        or_reset(*this, [&] { framer_.flush(treatment(sink)); });
    }
    void finish(const FrameSink& sink) override {
        or_reset(*this, [&] { framer_.finish(treatment(sink)); });
        reset();
    }
    void reset() override {
        framer_.reset();
        frames_ = 0;
    }

    Json settings() const override {
        auto s = settings_;
        return frontend_json("waveform", settings_of(s));
    }

 private:
    Framer::Sink treatment(const FrameSink& sink) {
        return [this, &sink](const float* samples, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) {
                const std::span<const float> piece(samples + i * settings_.hop, settings_.window);
                const double onset_s =
                    static_cast<double>(frames_) * static_cast<double>(settings_.hop) / settings_.rate_hz;
                check_finite(piece, onset_s);
                treat(piece);
                ++frames_;
                sink(frame_, onset_s);
            }
        };
    }

    void treat(std::span<const float> piece) {
        if (filter_) {
            filter_->apply(piece, frame_);
        } else {
            std::ranges::copy(piece, frame_.begin());
        }
        double sum = 0;
        for (const float value : frame_) sum += value;
        const auto mean = static_cast<float>(sum / static_cast<double>(frame_.size()));
        float peak = 0;
        for (float& value : frame_) {
            value -= mean;
            peak = std::max(peak, std::abs(value));
        }
        const auto factor = static_cast<float>(settings_.level == "kept" ? gain_
                                               : peak > 0                ? 1.0 / peak
                                                                         : 1.0);
        for (float& value : frame_) value *= factor;
    }

    WaveformSettings settings_;
    std::optional<ZeroPhaseFilter> filter_;
    Framer framer_;
    double gain_;
    std::vector<float> frame_;
    std::int64_t frames_ = 0;  // emitted since the recording began
};

}  // namespace

std::unique_ptr<Frontend> make_waveform(const Json& settings) {
    return std::make_unique<Waveform>(read_waveform_settings(settings));
}

FrontendSettings describe_waveform() {
    const auto s = std::make_shared<WaveformSettings>();
    return {"waveform", s, settings_of(*s)};
}

}  // namespace earshot::frontend
