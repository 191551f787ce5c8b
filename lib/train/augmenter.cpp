#include "train/augmenter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "network/warps.h"
#include "support/setting.h"

namespace earshot::train {
namespace {

/// A random part of [0, size), up to the fraction `share` of it.
std::pair<std::size_t, std::size_t> stretch_of(std::size_t size, double share, Random& random) {
    const auto length = random.whole(static_cast<std::int64_t>(share * static_cast<double>(size)));
    const auto first = random.whole(static_cast<std::int64_t>(size) - length);
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(first + length)};
}

/// Frames [first, last) become the mean of the window, band by band.
void mask_frames(std::span<float> window, std::size_t dimension, std::size_t first, std::size_t last) {
    const std::size_t frames = window.size() / dimension;
    for (std::size_t d = 0; d < dimension; ++d) {
        float sum = 0;
        for (std::size_t i = 0; i < frames; ++i) sum += window[i * dimension + d];
        for (std::size_t i = first; i < last; ++i)
            window[i * dimension + d] = sum / static_cast<float>(frames);
    }
}

/// Bands [first, last) become their means over the window.
void mask_bands(std::span<float> window, std::size_t dimension, std::size_t first, std::size_t last) {
    const std::size_t frames = window.size() / dimension;
    for (std::size_t d = first; d < last; ++d) {
        float sum = 0;
        for (std::size_t i = 0; i < frames; ++i) sum += window[i * dimension + d];
        for (std::size_t i = 0; i < frames; ++i) window[i * dimension + d] = sum / static_cast<float>(frames);
    }
}

double mean_square(std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value) * value;
    return sum / static_cast<double>(values.size());
}

float peak_of(std::span<const float> values) {
    float peak = 0;
    for (const float value : values) peak = std::max(peak, std::abs(value));
    return peak;
}

}  // namespace

std::vector<Setting> augment_settings(AugmentOptions& options) {
    return {
        {"gain-jitter", number_in(options.gain_jitter_db, 0, 60), "DB", "Random gain while training"},
        {"stretch", number_in(options.stretch, 0, 0.5), "X", "Random speed of windows while training"},
        {"warp", number_in(options.warp, 0, 0.5), "X", "Random shift of bands while training"},
        {"mask", number_in(options.mask, 0, 0.9), "X", "Mask random frames and bands while training"},
        {"equalise", number_in(options.equalise_db, 0, 60), "DB", "Random smooth equaliser while training"},
        {"overlay", number_in(options.overlay, 0, 10), "X", "Random background mixed into every window"},
        {"shift", number_in(options.shift, 0, 1), "X", "Random shift in time of waveforms"},
        {"noise", number_in(options.noise, 0, 1), "X", "Random noise added to waveforms"},
        {"flip", on_or_off(options.flip), "", "Invert waveforms at random"},
    };
}

FrameScale frame_scale(const nlohmann::ordered_json& frontend) {
    if (!frontend.is_object()) return FrameScale::magnitude;  // of the originals' spectra
    const auto is = [&](const char* key, const nlohmann::ordered_json& value) {
        const auto found = frontend.find(key);
        return found != frontend.end() && *found == value;
    };
    if (is("kind", "spectrum")) return FrameScale::magnitude;
    if (is("kind", "waveform")) return is("level", "peak") ? FrameScale::peak_waveform : FrameScale::waveform;
    if (!is("kind", "logmel")) return FrameScale::other;
    return is("power", 1.0) ? FrameScale::log_magnitude : FrameScale::log_power;
}

std::int64_t Augmenter::source_frames(std::int64_t frames, Random& random) const {
    if (options_.stretch == 0 || is_waveform(scale_)) return frames;
    const double factor = 1 + random.uniform(-options_.stretch, options_.stretch);
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(frames) * factor));
}

void Augmenter::apply(std::span<const float> source, std::span<float> window, std::size_t dimension,
                      Random& random) const {
    if (source.size() == window.size()) {
        std::ranges::copy(source, window.begin());
    } else {
        network::stretch_frames(source, window, dimension);
    }
    if (is_waveform(scale_)) {
        for (std::size_t at = 0; at < window.size(); at += dimension)
            change_wave(window.subspan(at, dimension), random);
        return;
    }
    if (options_.warp > 0)
        network::warp_bands(window, dimension, 1 + random.uniform(-options_.warp, options_.warp));
    if (options_.mask > 0) {
        const auto [first_frame, last_frame] = stretch_of(window.size() / dimension, options_.mask, random);
        mask_frames(window, dimension, first_frame, last_frame);
        const auto [first_band, last_band] = stretch_of(dimension, options_.mask, random);
        mask_bands(window, dimension, first_band, last_band);
    }
    if (options_.equalise_db > 0) equalise(window, dimension, random);
    if (options_.gain_jitter_db > 0) gain(window, random.normal() * options_.gain_jitter_db);
}

/// As another microphone or room would: gains at a few bands, and linearly between them (FilterAugment: Nam,
/// Kim and Park, ICASSP 2022).
void Augmenter::equalise(std::span<float> window, std::size_t dimension, Random& random) const {
    constexpr std::size_t kKnots = 5;
    std::array<double, kKnots> gains_db;
    for (double& gain_db : gains_db) gain_db = random.normal() * options_.equalise_db;
    const bool magnitudes = scale_ == FrameScale::magnitude;
    const double per_db = magnitudes ? 0 : std::numbers::ln10 / (scale_ == FrameScale::log_power ? 10 : 20);
    for (std::size_t band = 0; band < dimension; ++band) {
        const double place = static_cast<double>(band) * (kKnots - 1) /
                             static_cast<double>(std::max<std::size_t>(1, dimension - 1));
        const auto knot = std::min(static_cast<std::size_t>(place), kKnots - 2);
        const double share = place - static_cast<double>(knot);
        const double gain_db = gains_db[knot] * (1 - share) + gains_db[knot + 1] * share;
        const auto factor = static_cast<float>(magnitudes ? std::pow(10.0, gain_db / 20) : 1);
        const auto offset = static_cast<float>(gain_db * per_db);
        for (std::size_t at = band; at < window.size(); at += dimension)
            window[at] = window[at] * factor + offset;
    }
}

void Augmenter::change_wave(std::span<float> frame, Random& random) const {
    const auto size = static_cast<std::int64_t>(frame.size());
    if (options_.shift > 0 || options_.stretch > 0) {
        const double factor =
            options_.stretch > 0 ? 1 + random.uniform(-options_.stretch, options_.stretch) : 1;
        const auto moved =
            std::llround(random.uniform(-options_.shift, options_.shift) * static_cast<double>(size));
        const std::vector<float> was(frame.begin(), frame.end());
        const double middle = static_cast<double>(size - 1) / 2;
        for (std::int64_t i = 0; i < size; ++i) {
            const double place = middle + (static_cast<double>(i) - middle) * factor;
            const double before = std::floor(place);
            const auto share = static_cast<float>(place - before);
            const std::int64_t at = ((static_cast<std::int64_t>(before) - moved) % size + size) % size;
            const float a = was[static_cast<std::size_t>(at)];
            const float b = was[static_cast<std::size_t>(at + 1 == size ? 0 : at + 1)];
            frame[static_cast<std::size_t>(i)] = a + share * (b - a);
        }
    }
    if (options_.mask > 0) {
        const auto [first, last] = stretch_of(frame.size(), options_.mask, random);
        std::fill(frame.begin() + static_cast<std::ptrdiff_t>(first),
                  frame.begin() + static_cast<std::ptrdiff_t>(last), 0.0F);
    }
    if (options_.flip && random.uniform() < 0.5) {
        for (float& value : frame) value = -value;
    }
    if (options_.noise > 0) {
        // Uniform between -sqrt(3) and sqrt(3) standard deviations.
        const double most = std::sqrt(3 * mean_square(frame)) * random.uniform(0, options_.noise);
        for (float& value : frame) value += static_cast<float>(random.uniform(-most, most));
    }
    if (options_.gain_jitter_db > 0) gain(frame, random.normal() * options_.gain_jitter_db);
}

void Augmenter::overlay(std::span<float> background, std::span<float> window, Random& random) const {
    const double share = random.uniform(0, options_.overlay);
    if (is_waveform(scale_)) {
        overlay_wave(background, window, share);
    } else {
        overlay_bands(background, window, share);
    }
}

void Augmenter::overlay_wave(std::span<const float> background, std::span<float> window, double share) const {
    const double level = std::sqrt(mean_square(window)), other = std::sqrt(mean_square(background));
    if (other == 0) return;
    const float peak = peak_of(window);
    const auto factor = static_cast<float>(share * level / other);
    for (std::size_t i = 0; i < window.size(); ++i) window[i] += factor * background[i];
    if (scale_ != FrameScale::peak_waveform) return;
    const float now = peak_of(window);
    for (float& value : window) value *= now > 0 ? peak / now : 1;
}

void Augmenter::overlay_bands(std::span<float> background, std::span<float> window, double share) const {
    const float per_magnitude =
        scale_ == FrameScale::log_magnitude ? 2 : 1;  // logarithms of power in one of these
    const auto to_powers = [&](std::span<float> values) {
        double sum = 0;
        for (float& value : values) {
            value = scale_ == FrameScale::magnitude ? value * value : std::exp(per_magnitude * value);
            sum += value;
        }
        return sum;
    };
    const double level = to_powers(window), other = to_powers(background);
    const auto factor = static_cast<float>(other > 0 ? share * share * level / other : 0);
    for (std::size_t i = 0; i < window.size(); ++i) {
        const float sum = window[i] + factor * background[i];
        window[i] = scale_ == FrameScale::magnitude ? std::sqrt(sum) : std::log(sum) / per_magnitude;
    }
}

void Augmenter::gain(std::span<float> window, double gain_db) const {
    if (scale_ == FrameScale::magnitude || is_waveform(scale_)) {
        const auto factor = static_cast<float>(std::pow(10.0, gain_db / 20));
        for (float& value : window) value *= factor;
        return;
    }
    if (scale_ == FrameScale::other) return;
    const double bel = scale_ == FrameScale::log_power ? 10 : 20;
    const auto offset = static_cast<float>(gain_db * std::numbers::ln10 / bel);
    for (float& value : window) value += offset;
}

}  // namespace earshot::train
