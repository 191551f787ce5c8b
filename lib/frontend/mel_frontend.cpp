#include "frontend/mel_frontend.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <numbers>
#include <tuple>

#include "frontend/finite.h"
#include "frontend/or_reset.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

constexpr std::int64_t kMaxRateHz = 1'000'000;
constexpr std::int64_t kMaxWindow = 1 << 16, kMaxMels = 4096;
constexpr std::size_t kBatch = 16;

}  // namespace

nlohmann::ordered_json default_mel_settings(std::string_view kind) {
    return {{"kind", kind},    {"rate_hz", 16000}, {"window_s", 0.025}, {"hop_s", 0.010},
            {"fft_size", 0},   {"centred", false}, {"power", 2},        {"low_hz", 50},
            {"high_hz", 7800}, {"mels", 48},       {"scale", "slaney"}, {"norm", "slaney"}};
}

SettingsReader MelSettings::reader(const nlohmann::ordered_json& settings,
                                   std::initializer_list<std::string_view> more) {
    std::vector<std::string_view> keys{"rate_hz", "window_s", "hop_s", "fft_size", "centred", "power",
                                       "low_hz",  "high_hz",  "mels",  "scale",    "norm"};
    keys.insert(keys.end(), more);
    return {settings, keys};
}

MelSettings MelSettings::read(const SettingsReader& reader) {
    MelSettings s{};
    s.rate_hz = static_cast<int>(reader.integer("rate_hz", 1, kMaxRateHz));
    s.window_s = reader.number("window_s", 2.0 / s.rate_hz, static_cast<double>(kMaxWindow) / s.rate_hz);
    s.hop_s = reader.number("hop_s", 1.0 / s.rate_hz, s.window_s);
    s.window = static_cast<std::size_t>(std::llround(s.window_s * s.rate_hz));
    s.hop = static_cast<std::size_t>(std::llround(s.hop_s * s.rate_hz));
    s.fft_size = static_cast<std::size_t>(reader.integer("fft_size", 0, kMaxWindow));
    if (s.fft_size == 0) s.fft_size = std::bit_ceil(s.window);
    if (s.fft_size < s.window || s.fft_size % 2 != 0)
        throw Error(fmt::format("front end: fft_size is {}, must be even and hold the window of {} samples",
                                s.fft_size, s.window));
    s.centred = reader.boolean("centred");
    s.power = static_cast<int>(reader.integer("power", 1, 2));
    std::tie(s.bank.low_hz, s.bank.high_hz) = reader.band_hz(s.rate_hz);
    s.bank.bands = static_cast<std::size_t>(reader.integer("mels", 1, kMaxMels));
    s.bank.scale = reader.choice("scale", {"slaney", "htk"}) == "htk" ? MelScale::htk : MelScale::slaney;
    s.bank.area_normalised = reader.choice("norm", {"slaney", "none"}) == "slaney";
    return s;
}

nlohmann::ordered_json MelSettings::json(std::string_view kind) const {
    return {{"kind", kind},
            {"rate_hz", rate_hz},
            {"window_s", window_s},
            {"hop_s", hop_s},
            {"fft_size", fft_size},
            {"centred", centred},
            {"power", power},
            {"low_hz", bank.low_hz},
            {"high_hz", bank.high_hz},
            {"mels", bank.bands},
            {"scale", bank.scale == MelScale::htk ? "htk" : "slaney"},
            {"norm", bank.area_normalised ? "slaney" : "none"}};
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
