#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace earshot::detect {

/// Centred running median of a stream of scores: the smoothed score of a window is the median of the
/// `windows` scores around it. The first and last scores are repeated beyond the ends, as in
/// scipy.ndimage.median_filter(mode="nearest"). One score comes out for each that goes in, windows / 2 later.
class MedianSmoother {
 public:
    /// The odd number that is nearest to this many windows, at least 1.
    static double nearest_odd(double windows) { return 2 * std::max(0.0, std::round((windows - 1) / 2)) + 1; }

    /// @param windows  odd, at least 1; 1 does no smoothing
    explicit MedianSmoother(int windows);

    /// Takes the next score. @return the smoothed score of windows / 2 scores ago, once there is one
    std::optional<float> push(float score);
    /// At the end: returns the remaining smoothed scores, one per call, then nothing.
    std::optional<float> drain();
    /// Resets the smoother.
    void reset();

 private:
    std::optional<float> add(float score);

    std::size_t size_;
    std::vector<float> recent_;  // ring buffer of the last size_ scores
    std::vector<float> sorted_;  // the same scores, sorted
    std::size_t oldest_ = 0;
    std::size_t due_ = 0;  // scores taken minus smoothed scores returned
    float last_ = 0;
};

/// The smoothed scores of a whole recording.
std::vector<float> smoothed(std::span<const float> scores, int windows);

}  // namespace earshot::detect
