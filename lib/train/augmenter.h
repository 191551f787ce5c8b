#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "train/random.h"

namespace earshot {
struct Setting;
}

namespace earshot::train {

/// Random changes to windows during training, so that a network does not learn features that only accompany a
/// label by chance in the training recordings. 0 switches each of them off.
struct AugmentOptions {
    double gain_jitter_db = 0;  // standard deviation of the window's random gain
    double stretch = 0;         // faster or slower by up to this fraction, [0, 0.5]
    double warp = 0;            // bands move up or down by up to this fraction of their index, [0, 0.5]
    double mask = 0;  // up to this fraction of consecutive frames, and of bands, become their mean, [0, 0.9]
    double equalise_db = 0;  // standard deviation of the gains of a random smooth equaliser over the bands
    double overlay = 0;      // a background window is added at up to this fraction of its level, [0, 10]
    // For waveforms only, which also take gain_jitter_db, stretch (it changes the pitch too) and mask (of
    // samples):
    double shift = 0;   // circular shift in time by up to this fraction of a frame, [0, 1]
    double noise = 0;   // white noise of up to this fraction of a frame's level, [0, 1]
    bool flip = false;  // invert the polarity of half of the windows

    bool operator==(const AugmentOptions&) const = default;
};

std::vector<Setting> augment_settings(AugmentOptions& options);

/// What a gain does to the values that a front end makes.
enum class FrameScale {
    magnitude,      // multiplies
    waveform,       // samples: multiplies
    peak_waveform,  // samples normalised to a peak of 1: nothing
    log_power,      // ln of power: adds ln(10)/10 for each dB
    log_magnitude,  // ln of magnitude: adds ln(10)/20
    other           // unknown: features that ignore the gain, or of another kind
};

inline bool is_waveform(FrameScale scale) {
    return scale == FrameScale::waveform || scale == FrameScale::peak_waveform;
}

/// Magnitudes if the datasets don't say, as those of earshot's predecessor don't.
FrameScale frame_scale(const nlohmann::ordered_json& frontend);

/// Changes windows. All randomness follows from the generator, so that a run is reproducible on every
/// platform.
///
/// Stretching and warping interpolate between frames and between bands: another speaking rate and another
/// vocal tract (Jaitly and Hinton, ICML workshop 2013). Masks are those of SpecAugment (Park et al.,
/// Interspeech 2019), except that masked values become their mean rather than zero, so that the scale of the
/// frames doesn't matter. Waveforms are shifted and stretched circularly: samples that leave at the end come
/// back at the beginning.
class Augmenter {
 public:
    Augmenter(const AugmentOptions& options, FrameScale scale) : options_(options), scale_(scale) {}

    bool active() const { return options_ != AugmentOptions(); }

    /// How many frames of a recording become a window of this many.
    std::int64_t source_frames(std::int64_t frames, Random& random) const;

    /// @param source  whole frames of `dimension` values, source_frames() of them
    /// @param window  the frames to fill, whole ones
    void apply(std::span<const float> source, std::span<float> window, std::size_t dimension,
               Random& random) const;

    bool overlays() const { return options_.overlay > 0 && scale_ != FrameScale::other; }

    /// Adds a window of background to another: samples, or the power in each band, since the powers of
    /// unrelated sounds add up.
    /// @param background  as many values as the window; overwritten
    void overlay(std::span<float> background, std::span<float> window, Random& random) const;

 private:
    void gain(std::span<float> window, double gain_db) const;
    void equalise(std::span<float> window, std::size_t dimension, Random& random) const;
    void overlay_wave(std::span<const float> background, std::span<float> window, double share) const;
    void overlay_bands(std::span<float> background, std::span<float> window, double share) const;
    void change_wave(std::span<float> frame, Random& random) const;

    AugmentOptions options_;
    FrameScale scale_;
};

}  // namespace earshot::train
