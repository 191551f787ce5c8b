#include "frontend/spectrum.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "frontend/fft.h"
#include "frontend/finite.h"
#include "frontend/linear_bands.h"
#include "frontend/or_reset.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

constexpr std::size_t kMaxChunk = std::size_t{1}
                                  << 24;  // samples: six minutes at 44.1 kHz, 200 MB of buffers

struct SpectrumSettings {
    int rate_hz = 44100;
    double duration_s = 2;
    double low_hz = 20, high_hz = 20000;
    std::size_t bins = 100;
    std::size_t chunk = 0;  // samples, N
};

std::vector<Setting> settings_of(SpectrumSettings& s) {
    return {sample_rate_setting(s.rate_hz), frame_setting(s.duration_s, "duration_s"), low_setting(s.low_hz),
            high_setting(s.high_hz),
            Setting("bins", whole_in(s.bins, 1, 65'536), "N", "Number of bands").also("mels")};
}

SpectrumSettings read_spectrum_settings(const nlohmann::ordered_json& json) {
    SpectrumSettings s;
    read_frontend(json, settings_of(s));
    check_number("duration_s", s.duration_s, 2.0 / s.rate_hz, static_cast<double>(kMaxChunk) / s.rate_hz);
    check_band(s.low_hz, s.high_hz, s.rate_hz);
    s.chunk = static_cast<std::size_t>(std::llround(s.duration_s * s.rate_hz));
    return s;
}

/// From a chunk of one length to its frame.
class Analysis {
 public:
    Analysis(const SpectrumSettings& s, std::size_t samples)
        : fft_(samples), bands_(samples, s.rate_hz, s.low_hz, s.high_hz, s.bins), power_(fft_.bins()) {}

    std::size_t samples() const { return fft_.size(); }

    void run(std::span<const float> chunk, std::span<float> frame) {
        fft_.power(chunk, power_);
        bands_.apply(power_, frame);
    }

 private:
    RealFft fft_;
    LinearBands bands_;
    std::vector<float> power_;
};

class Spectrum final : public Frontend {
 public:
    explicit Spectrum(const SpectrumSettings& settings)
        : settings_(settings),
          whole_(settings, settings.chunk),
          pending_(settings.chunk),
          frame_(settings.bins) {}

    int rate_hz() const override { return settings_.rate_hz; }
    std::size_t dimension() const override { return settings_.bins; }
    double hop_s() const override { return static_cast<double>(settings_.chunk) / settings_.rate_hz; }
    double window_s() const override { return hop_s(); }

    void push(std::span<const float> samples, const FrameSink& sink) override {
        while (!samples.empty()) {
            const auto free = room();
            const auto part = samples.first(std::min(samples.size(), free.size()));
            std::ranges::copy(part, free.begin());
            take(part.size(), sink);
            samples = samples.subspan(part.size());
        }
    }

    std::span<float> room() override { return std::span(pending_).subspan(filled_); }

    void take(std::size_t count, const FrameSink& sink) override {
        filled_ += count;
        if (filled_ < pending_.size()) return;
        filled_ = 0;
        or_reset(*this, [&] { emit(whole_, pending_, sink); });
    }

    void finish(const FrameSink& sink) override {
        or_reset(*this, [&] {
            if (filled_ == 0 || filled_ < shortest_chunk()) return;
            if (!short_ || short_->samples() != filled_) short_.emplace(settings_, filled_);
            emit(*short_, std::span(pending_).first(filled_), sink);
        });
        reset();
    }

    void reset() override {
        filled_ = 0;
        chunks_ = 0;
    }

    nlohmann::ordered_json settings() const override {
        auto s = settings_;
        return frontend_json("spectrum", settings_of(s));
    }

 private:
    std::size_t shortest_chunk() const {
        const std::size_t half = (settings_.chunk + 1) / 2;
        if (chunks_ > 0) return half;
        const double band_hz = (settings_.high_hz - settings_.low_hz) / static_cast<double>(settings_.bins);
        const double period = std::ceil(settings_.rate_hz / band_hz);  // may be beyond any integer
        return period < static_cast<double>(half) ? static_cast<std::size_t>(period) : half;
    }

    void emit(Analysis& analysis, std::span<const float> chunk, const FrameSink& sink) {
        const double onset_s =
            static_cast<double>(chunks_) * static_cast<double>(settings_.chunk) / settings_.rate_hz;
        analysis.run(chunk, frame_);
        check_finite(frame_, onset_s);
        ++chunks_;
        sink(frame_, onset_s);
    }

    SpectrumSettings settings_;
    Analysis whole_;
    std::optional<Analysis> short_;  // kept: recordings of one length end alike
    std::vector<float> pending_;     // a chunk
    std::size_t filled_ = 0;         // of it
    std::vector<float> frame_;
    std::int64_t chunks_ = 0;  // emitted since the recording began
};

}  // namespace

FrontendSettings describe_spectrum() {
    const auto s = std::make_shared<SpectrumSettings>();
    return {"spectrum", s, settings_of(*s)};
}

std::unique_ptr<Frontend> make_spectrum(const nlohmann::ordered_json& settings) {
    return std::make_unique<Spectrum>(read_spectrum_settings(settings));
}

}  // namespace earshot::frontend
