#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "locate/geometry.h"
#include "locate/mic_spectra.h"

namespace earshot::locate {

/// Two microphones of an array, by their number in it.
struct MicPair {
    std::size_t first, second;
};
std::vector<MicPair> pairs_of(std::size_t mics);

/// Σ weight·X_i·conj(X_j) / |X_i·X_j| over frames, for all pairs of an array: everything that a direction
/// finding method needs to know about a stretch of sound of any length. With an arrival at i earlier by τ,
/// the phase is ω·τ.
class CrossSpectra {
 public:
    CrossSpectra(const MicArray& array, int bins);

    /// @param weight  of each bin, 0 to 1, and of the whole frame
    void add(const MicFrame& frame, const Eigen::ArrayXf& weight, float frame_weight = 1);
    /// Fades what was added so far.
    void scale(float factor);
    void clear() { scale(0); }

    Eigen::ArrayXXf re, im;     // [bins, pairs]
    Eigen::ArrayXf weight;      // [bins]
    double weight_squares = 0;  // of all bins and frames

 private:
    std::vector<MicPair> pairs_;
    std::vector<int> channels_;
};

}  // namespace earshot::locate
