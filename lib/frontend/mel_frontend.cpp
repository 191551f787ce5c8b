#include "frontend/mel_frontend.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <iterator>
#include <numbers>

#include "frontend/finite.h"
#include "frontend/or_reset.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

constexpr std::size_t kMaxWindow = 1 << 16;
constexpr std::size_t kBatch = 16;

}  // namespace

std::vector<Setting> mel_settings(MelSettings& s, std::vector<Setting> more) {
    std::vector<Setting> settings{
        sample_rate_setting(s.rate_hz),
        frame_setting(s.window_s, "window_s"),
        hop_setting(s.hop_s),
        {"fft-size", whole_in(s.fft_size, 0, kMaxWindow), "N",
         "Points of the transform, even (0: the smallest power of two that holds the frame)"},
        {"centred", on_or_off(s.centred), "",
         "Centre frames on multiples of the hop, and mirror the recording at its ends"},
        {"power", whole_in(s.power, 1, 2), "N", "Sum up magnitudes (1) or powers (2)"},
        low_setting(s.bank.low_hz),
        high_setting(s.bank.high_hz),
        Setting("bins", whole_in(s.bank.bands, 1, 4096), "N", "Number of bands").as("mels").also("mels"),
        {"scale",
         choice_of<MelScale>(
             s.bank.scale,
             {{"slaney", MelScale::slaney}, {"htk", MelScale::htk}, {"htk-mel", MelScale::htk_mel}}),
         "WHAT", "Mel scale (htk-mel: bands are triangles in mel, not in hertz)"},
        {"norm", choice_of<bool>(s.bank.area_normalised, {{"slaney", true}, {"none", false}}), "WHAT",
         "Bands of equal area (slaney) or of equal height (none)"},
    };
    std::ranges::move(more, std::back_inserter(settings));
    return settings;
}

Setting floor_setting(double& floor) {
    return {"floor", number_in(floor, 1e-30, 1), "X",
            "Added to every band, so that what is far below is silence"};
}

void MelSettings::complete() {
    check_number("window_s", window_s, 2.0 / rate_hz, static_cast<double>(kMaxWindow) / rate_hz);
    check_number("hop_s", hop_s, 1.0 / rate_hz, window_s);
    window = static_cast<std::size_t>(std::llround(window_s * rate_hz));
    hop = static_cast<std::size_t>(std::llround(hop_s * rate_hz));
    if (fft_size == 0) fft_size = std::bit_ceil(window);
    if (fft_size < window || fft_size % 2 != 0)
        throw Error(fmt::format("front end: fft_size is {}, must be even and hold the window of {} samples",
                                fft_size, window));
    check_band(bank.low_hz, bank.high_hz, rate_hz);
}

MelFrontend::MelFrontend(const MelSettings& settings)
    : settings_(settings),
      lead_(settings.lead()),
      framer_({settings.window, settings.hop, lead_, settings.centred ? settings.window - lead_ : 0, kBatch}),
      fft_(settings.fft_size),
      bank_(settings.fft_size, settings.rate_hz, settings.bank),
      window_(settings.window),
      padded_(settings.fft_size),
      spectrum_(fft_.bins()),
      bands_(settings.bank.bands) {
    for (std::size_t n = 0; n < window_.size(); ++n) {
        const double turn = static_cast<double>(n) / static_cast<double>(window_.size());
        window_[n] = static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * turn));
    }
}

double MelFrontend::onset_s(std::int64_t frame) const {
    const auto sample = frame * static_cast<std::int64_t>(settings_.hop) - static_cast<std::int64_t>(lead_);
    return static_cast<double>(sample) / settings_.rate_hz;
}

Framer::Sink MelFrontend::analysis(const FrameSink& sink) {
    return [this, &sink](const float* samples, std::size_t count) {
        frame_.resize(dimension());
        for (std::size_t i = 0; i < count; ++i, samples += settings_.hop) {
            for (std::size_t n = 0; n < window_.size(); ++n) padded_[n] = samples[n] * window_[n];
            fft_.power(padded_, spectrum_);
            if (settings_.power == 1)
                for (float& value : spectrum_) value = std::sqrt(value);
            bank_.apply(spectrum_, bands_);
            const double onset = onset_s(frames_);
            check_finite(bands_, onset);
            transform(bands_, frame_);
            ++frames_;
            sink(frame_, onset);
        }
    };
}

void MelFrontend::push(std::span<const float> samples, const FrameSink& sink) {
    or_reset(*this, [&] { framer_.push(samples, analysis(sink)); });
}

void MelFrontend::flush(const FrameSink& sink) {
    or_reset(*this, [&] { framer_.flush(analysis(sink)); });
}

void MelFrontend::finish(const FrameSink& sink) {
    or_reset(*this, [&] { framer_.finish(analysis(sink)); });
    reset();
}

void MelFrontend::reset() {
    framer_.reset();
    frames_ = 0;
}

}  // namespace earshot::frontend
