#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "frontend/aligned_floats.h"
#include "frontend/lane_fft_tables.h"
#include "frontend/split_kernels.h"

namespace earshot::frontend {

/// The fastest kernels that this processor can run.
const SplitKernels& split_kernels();
/// All that it can run, slowest first.
std::vector<const SplitKernels*> all_split_kernels();

/// One long transform, N = N1·N2, as many short ones that run side by side in vector lanes: with n = N2·n1 +
/// n2 and k = k1 + N1·k2, transforms of N1 points down the N2 columns, a multiplication by exp(-2πi·k1·n2/N),
/// and transforms of N2 points along the rows (Bailey, "FFTs in external or hierarchical memory", J.
/// Supercomputing 4 (1990), 23-35). The columns of a real signal are real, so half of their spectra, and of
/// the rows, is enough.
///
/// Why not a library: the real transform of 88,200 points, 2 s at 44.1 kHz, takes KissFFT 1.16 ms, FFTW with
/// an estimated plan 0.18, this 0.075 (AVX-512), and decoding those 2 s of MP3 1.22. With FFTW datagen
/// takes 1.24 times as long as decoding alone, with this 1.15. KissFFT's kissfft.hh over a vector type in
/// place of our short transforms is 3.1 times slower at the 210 points that these need, whose factor 7 is
/// none that it knows, and 1.6 times at 256 and 300. fft_test has KissFFT for an oracle, fft_bench both
/// beside ours.
class SplitFft {
 public:
    enum class Kind { real, complex };

    /// True if the length divides into two factors that fill the lanes and are products of 2, 3, 5 and 7.
    static bool takes(std::size_t size, Kind kind);

    SplitFft(std::size_t size, Kind kind, const SplitKernels& kernels = split_kernels());

    /// |X_k|² for k = 0 ... N/2 of a real signal; for Kind::real.
    void power(const float* signal, float* power) { kernels_->real_power(view(), signal, power); }
    /// X_k for k = 0 ... N-1 of a complex signal; for Kind::complex. With re and im exchanged on both sides
    /// it is the inverse, times N.
    void transform(const float* re, const float* im, float* out_re, float* out_im) {
        kernels_->complex(view(), re, im, out_re, out_im);
    }

 private:
    struct Factors {
        std::size_t rows, columns;
    };
    static std::optional<Factors> factors(std::size_t size, Kind kind);
    SplitFft(Factors factors, Kind kind, const SplitKernels& kernels);
    void fill_twiddles(Kind kind);
    SplitView view();

    const SplitKernels* kernels_;
    Factors factors_;
    std::size_t kept_;
    LaneFftTables column_, row_;
    AlignedFloats lane_twiddle_, group_twiddle_, unpack_re_, unpack_im_;
    AlignedFloats column_work_, row_work_, middle_;
};

}  // namespace earshot::frontend
