#pragma once

#include <Eigen/Core>
#include <vector>

#include "locate/cross_spectra.h"

namespace earshot::locate {

/// Generalised cross-correlation with phase transform (GCC-PHAT: Knapp and Carter, IEEE Trans. Acoustics,
/// Speech and Signal Processing 24 (1976) 320-327) of every pair of an array, at lags a quarter of a sample
/// apart and, by cubic interpolation, between them. A lag is the number of samples by which a sound reaches
/// the first microphone of a pair earlier. All buffers are allocated by the constructor.
class PairCorrelator {
 public:
    /// @param speed  of sound, m/s
    PairCorrelator(const MicArray& array, const FrameGrid& grid, double speed);

    void correlate(const CrossSpectra& spectra);

    std::size_t pairs() const { return pairs_.size(); }
    /// Correlation of a pair, unscaled. @param lag  samples, at most the travel time between the two
    double at(std::size_t pair, double lag) const;
    /// Lag at which a pair correlates best, samples.
    double best_lag(std::size_t pair) const;
    /// Samples by which a plane wave from a direction (a unit vector) comes earlier to the first of a pair.
    double lag_of(std::size_t pair, const Point& from) const { return lags_per_unit_[pair].dot(from); }

    /// Mean over pairs and bins of the cosine of what phase is left once the delays of a direction are
    /// undone: 1 for a single plane wave from there, about 0 for noise. (SRP-PHAT: DiBiase, PhD thesis, Brown
    /// University 2000.)
    double coherence(const Point& from) const;

    /// Takes the plane wave out that explains `amount` of the coherence, as CLEAN does with stars: its
    /// correlation is known, being that of the weights.
    void remove(const Point& from, double amount);

 private:
    std::vector<MicPair> pairs_;
    std::vector<Point> lags_per_unit_;  // samples: (first - second) / speed of sound
    Eigen::Index half_;                 // lags on either side of 0 in correlation_, on the quarter grid
    Eigen::MatrixXf cosines_, sines_;   // [half + 1, bins] of ω·lag
    Eigen::MatrixXf even_, odd_;        // [half + 1, pairs]
    Eigen::ArrayXXf correlation_;       // [2·half + 1, pairs]
    Eigen::ArrayXf weight_;             // [bins], of what was correlated
    Eigen::ArrayXd omega_;              // [bins], radians a sample
    double total_ = 0;                  // sum of the weights, at least something
};

}  // namespace earshot::locate
