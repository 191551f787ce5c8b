#pragma once

#include <cstddef>

#include "frontend/lane_fft.h"

namespace earshot {

/// What the kernels need of a SplitFft.
struct SplitView {
    LaneFftView column, row;
    std::size_t rows;                      // N1
    std::size_t columns;                   // N2
    std::size_t kept;                      // spectra of the columns are computed for k1 < kept
    const float *twiddle_re, *twiddle_im;  // kept x N2: exp(-2πi·k1·n2/N); halved for real signals
    const float *unpack_re, *unpack_im;    // kept: exp(-2πi·k1/N1), real signals only
    float* column_work;                    // kept · 2L
    float* row_work;                       // N2 · 2L
    float* middle;                         // what stands between the two steps
};

/// The two transforms for one instruction set.
struct SplitKernels {
    const char* name;
    std::size_t lanes;
    void (*real_power)(const SplitView& view, const float* signal, float* power);
    void (*complex)(const SplitView& view, const float* re, const float* im, float* out_re, float* out_im);
};
extern const SplitKernels kSplitBaseline, kSplitAvx2, kSplitAvx512;

}  // namespace earshot
