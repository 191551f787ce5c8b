#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "train/random.h"

namespace earshot::train {

/// Random changes to windows while learning, so that a network does not take for its label what only happens
/// to go with it in the recordings at hand. 0 switches each of them off.
struct AugmentOptions {
    double gain_jitter_db = 0;  // standard deviation of a random gain of the window
    double stretch = 0;         // faster or slower by up to this share, [0, 0.5]
    double warp = 0;            // bands moved up or down by up to this share of their place, [0, 0.5]
    double mask = 0;  // up to this share of the frames in a row, and of the bands, is levelled out, [0, 0.9]
    double overlay =
        0;  // another window, of the background, sounds in it at up to this share of its level, [0, 10]
    // Of frames that are waveforms only, besides gain_jitter_db, stretch (which moves the pitch too) and mask
    // (of samples):
    double shift = 0;  // moved in time by up to this share of a frame, its end becoming its beginning, [0, 1]
    double noise = 0;  // white noise of up to this share of a frame's level, [0, 1]
    bool flip = false;  // upside down, or not

    bool operator==(const AugmentOptions&) const = default;
};

nlohmann::ordered_json to_json(const AugmentOptions& options);

/// Values of frames, as the front end makes them: what a gain does to them.
enum class FrameScale {
    magnitude,      // multiplies
    waveform,       // samples: multiplies
    peak_waveform,  // samples, the furthest of which from 0 is 1, whatever the gain was
    log_power,      // ln of power: adds ln(10)/10 for each dB
    log_magnitude,  // ln of magnitude: adds ln(10)/20
    other           // nothing that could be said: features that are made to forget it, or of another kind
};

inline bool is_waveform(FrameScale scale) {
    return scale == FrameScale::waveform || scale == FrameScale::peak_waveform;
}

/// Magnitudes where the datasets do not say, as in those of the program before ours.
FrameScale frame_scale(const nlohmann::ordered_json& frontend);

/// Changes windows. All randomness follows from the generator, so that a run is reproducible on every
/// platform.
///
/// Stretching and warping interpolate between frames and between bands: another speaking rate and another
/// vocal tract (Jaitly and Hinton, ICML workshop 2013). Masks are those of SpecAugment (Park et al.,
/// Interspeech 2019), but what they cover becomes its mean rather than zero, whatever the scale of the
/// frames. Waveforms are moved and stretched in a circle: a stretch of sound that steps out at the end comes
/// in at the beginning.
class Augmenter {
 public:
    Augmenter(const AugmentOptions& options, FrameScale scale) : options_(options), scale_(scale) {}

    bool active() const { return options_ != AugmentOptions(); }

    /// How many frames of a recording become a window of so many.
    std::int64_t source_frames(std::int64_t frames, Random& random) const;

    /// @param source  whole frames of `dimension` values, source_frames() of them
    /// @param window  as many whole frames as there shall be
    void apply(std::span<const float> source, std::span<float> window, std::size_t dimension,
               Random& random) const;

    bool overlays() const { return options_.overlay > 0 && scale_ != FrameScale::other; }

    /// Adds a window of background to another: samples, or the power in each band. Powers of sounds that have
    /// nothing to do with each other add up.
    /// @param background  as many values as the window, spoilt
    void overlay(std::span<float> background, std::span<float> window, Random& random) const;

 private:
    void gain(std::span<float> window, double gain_db) const;
    void overlay_wave(std::span<const float> background, std::span<float> window, double share) const;
    void overlay_bands(std::span<float> background, std::span<float> window, double share) const;
    void change_wave(std::span<float> frame, Random& random) const;

    AugmentOptions options_;
    FrameScale scale_;
};

}  // namespace earshot::train
