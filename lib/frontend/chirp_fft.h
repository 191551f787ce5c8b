#pragma once

#include <cstddef>
#include <span>

#include "frontend/aligned_floats.h"
#include "frontend/split_fft.h"

namespace earshot::frontend {

/// Power spectrum of a real signal of any length, primes included, through a convolution with a chirp:
/// since k·n = (k² + n² - (k-n)²) / 2, X_k = w_k Σ_n (x_n·w_n)·conj(w_(k-n)) with w_n = exp(-πi·n²/N)
/// (Bluestein, IEEE Trans. Audio Electroacoustics 18 (1970), 451-455). Some ten times the work of a SplitFft.
class ChirpFft {
 public:
    explicit ChirpFft(std::size_t size);

    /// |X_k|² for k = 0 ... N/2
    void power(std::span<const float> signal, std::span<float> power);

 private:
    void fill_chirp();

    std::size_t size_;
    SplitFft fft_;  // of M >= N + N/2 points, so that the circular convolution wraps only where nobody looks
    std::size_t padded_;
    AlignedFloats chirp_re_, chirp_im_;    // w_n, N
    AlignedFloats filter_re_, filter_im_;  // spectrum of conj(w_n), over M
    AlignedFloats re_, im_;
};

}  // namespace earshot::frontend
