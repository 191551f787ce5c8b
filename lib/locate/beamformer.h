#pragma once

#include <Eigen/Core>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "frontend/fft.h"
#include "locate/geometry.h"

namespace earshot::locate {

enum class Beam {
    das,  // delay and sum: the mean of all microphones, their delays undone
    mvdr  // minimum variance distortionless response in diffuse noise: also attenuates low frequencies from
          // other directions, but lets through more of the microphones' own noise
};
/// @throws UsageError for another name
Beam parse_beam(std::string_view name);

/// Listens in one direction with all microphones of all arrays: sound from there passes as it is at the
/// origin; other sounds are attenuated.
///
/// Weights, for each frequency: w = Γ⁻¹a / (aᴴΓ⁻¹a), a being the phases of a plane wave from there. Γ is the
/// identity for das; for mvdr the coherence sin(ωd/c) / (ωd/c) of a diffuse field with 1 % of uncorrelated
/// noise, so that microphones need not be perfect (Bitzer and Simmer, in: Microphone Arrays,
/// Springer 2001, chapter 2). Frames of 32 ms under the root of a Hann window, half overlapping, are weighted
/// and overlap-added.
class Beamformer {
 public:
    using Sink = std::function<void(std::span<const float> mono)>;

    /// @param channels  of the stream
    /// @param from      unit vector towards the sound
    Beamformer(const ArrayGeometry& geometry, int rate_hz, int channels, double speed_of_sound,
               const Point& from, Beam beam);

    /// @param interleaved  whole frames of samples
    void push(std::span<const float> interleaved, const Sink& sink);
    /// Ends the stream. The output then has as many samples as the input.
    void finish(const Sink& sink);

 private:
    void make_weights(const ArrayGeometry& geometry, double speed_of_sound, const Point& from, Beam beam);
    void work(const Sink& sink);

    int rate_hz_, channels_, size_, hop_;
    std::vector<int> used_;     // channels
    Eigen::MatrixXcf weights_;  // [bins, microphones], conjugated
    frontend::RealFft fft_;
    Eigen::ArrayXf window_, frame_, sum_;
    Eigen::ArrayXXf pending_;  // [size, channels]
    Eigen::VectorXcf mixed_;
    int filled_;
    std::int64_t to_skip_, taken_ = 0,
                           given_ = 0;  // samples: of the frame before the first; pushed; handed over
};

}  // namespace earshot::locate
