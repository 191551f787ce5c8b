#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace earshot::frontend {

/// Bands of equal width in hertz over the power spectrum of a real signal.
///
/// Band b covers low_hz + b·w to low_hz + (b+1)·w, w = (high_hz - low_hz) / bands. Bin k of the N-point
/// spectrum covers (k ± ½)·rate/N, clipped to 0 ... rate/2, and its power goes to each band in proportion to
/// the part of that range which the band covers. The value of a band is
///
///     sqrt(Σ_k share_k · c_k · |X_k|²) / N,    c_k = 4, but 2 for 0 Hz and for rate/2,
///
/// which by Parseval's theorem is sqrt(2) times the root mean square of the part of the signal that lies in
/// the band: a sine of amplitude a is a in its band whatever N and rate are, on or off the centre of a bin
/// (but for what the finite N leaks out of the band), and noise of a given density gives the same value for
/// every N.
class LinearBands {
 public:
    /// @param fft_size         N, samples, at least 1
    /// @param low_hz, high_hz  0 <= low_hz < high_hz <= rate_hz / 2
    /// @param bands            at least 1; may be more than there are bins
    LinearBands(std::size_t fft_size, double rate_hz, double low_hz, double high_hz, std::size_t bands);

    std::size_t size() const { return edges_.size() - 1; }

    /// @param power   |X_k|², fft_size / 2 + 1 values
    /// @param values  size() values
    void apply(std::span<const float> power, std::span<float> values) const;

    /// What a band takes of the power spectrum: weights for the bins from `first` on. Its value is scale()
    /// times the root of that sum.
    struct Band {
        std::size_t first;
        std::vector<double> weights;
    };
    Band band(std::size_t b) const;
    double scale() const { return scale_; }

 private:
    struct Edge {
        std::size_t bin;  // the bin that contains the edge
        double below;     // weight of that bin's power for the band that ends here ...
        double above;     // ... and for the one that begins here
    };
    std::vector<Edge> edges_;  // size() + 1
    double scale_;             // 2 / N
};

}  // namespace earshot::frontend
