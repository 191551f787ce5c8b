#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace earshot::detect {

/// Running median of a stream of scores, centred: the smoothed score of a window is the median of the
/// `windows` scores around it, the first and last score standing for what lies beyond the ends
/// (scipy.ndimage.median_filter(mode="nearest")). As many come out as went in, windows / 2 later.
class MedianSmoother {
 public:
    /// @param windows  odd, at least 1; 1 smooths nothing
    explicit MedianSmoother(int windows);

    /// Takes the next score. The smoothed score of windows / 2 scores ago, once there is one.
    std::optional<float> push(float score);
    /// At the end: the smoothed scores still due, one a call, then nothing.
    std::optional<float> drain();
    /// Makes the smoother as new.
    void reset();

 private:
    std::optional<float> add(float score);

    std::size_t size_;
    std::vector<float> recent_;  // ring of the last size_ scores
    std::vector<float> sorted_;  // the same, ascending
    std::size_t oldest_ = 0;
    std::size_t due_ = 0;  // scores taken less smoothed scores given
    float last_ = 0;
};

}  // namespace earshot::detect
