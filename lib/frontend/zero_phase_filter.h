#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace earshot::frontend {

/// Butterworth band-pass run over a piece of sound forwards and then backwards, so that nothing is delayed
/// and the gain is the square of one pass: 1 in the band, 1/2 at its edges.
///
/// The filter is scipy's butter(order, [low_hz, high_hz], 'bandpass') of 2·order poles (bilinear transform of
/// the analogue prototype, edges warped beforehand; Oppenheim and Schafer, Discrete-Time Signal Processing,
/// section 7.1) as a cascade of second-order sections, and apply() does what scipy's filtfilt does: the piece
/// is continued at both ends by its mirror image through the first and the last sample (odd extension) and
/// each pass begins in the steady state of its first sample. Computed in double precision.
class ZeroPhaseFilter {
 public:
    /// @param order  1 to kMaxOrder
    /// @param low_hz, high_hz  0 < low_hz < high_hz < rate_hz / 2
    /// @throws Error outside those bounds
    ZeroPhaseFilter(int order, double low_hz, double high_hz, double rate_hz);
    static constexpr int kMaxOrder = 8;

    /// How far a piece is continued at each end; it must have more samples than that.
    std::size_t padding() const { return 3 * (2 * sections_.size() + 1); }

    /// Filters a piece by itself. @throws Error if it has not more than padding() samples
    /// @param piece, filtered  as many samples; may be the same
    void apply(std::span<const float> piece, std::span<float> filtered);

    /// b (1 - z^-2) / (1 + a1 z^-1 + a2 z^-2): every section has the zeros of a band-pass, at 0 and at the
    /// highest frequency.
    struct Section {
        double b, a1, a2;
    };
    std::span<const Section> sections() const { return sections_; }

 private:
    void pass();

    std::vector<Section> sections_;
    std::vector<double> extended_;
};

}  // namespace earshot::frontend
