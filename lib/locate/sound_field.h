#pragma once

#include <functional>
#include <span>
#include <vector>

#include "locate/direct_sound.h"
#include "locate/geometry.h"
#include "locate/mic_spectra.h"

namespace earshot::locate {

/// The spectra of all arrays in one frame.
struct FieldFrame {
    const MicFrame& mics;
    std::span<const Eigen::ArrayXf> weights;  // for each array, of each bin: direct_sound.h
};

/// Turns samples into frames for direction finding, each computed once for all users.
class SoundField {
 public:
    using Sink = std::function<void(const FieldFrame& frame)>;

    /// @param channels  of the stream, at least those of the geometry
    SoundField(const ArrayGeometry& geometry, const FrameGrid& grid, int channels);

    /// @param interleaved  whole frames of samples
    void push(std::span<const float> interleaved, const Sink& sink);

 private:
    std::vector<std::vector<int>> channels_;  // of each array
    MicSpectra spectra_;
    std::vector<DirectSound> direct_;
    Eigen::ArrayXf power_;
    std::vector<Eigen::ArrayXf> weights_;
};

}  // namespace earshot::locate
