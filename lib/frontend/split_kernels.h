#pragma once

#include <cstddef>

#include "frontend/lane_fft.h"

namespace earshot::frontend {

/// What the kernels need of a SplitFft.
struct SplitView {
    LaneFftView column, row;
    std::size_t rows;     // N1
    std::size_t columns;  // N2
    std::size_t kept;     // spectra of the columns are computed for k1 < kept
    // exp(-2πi·k1·n2/N) is the product of one factor for each lane and one for each group of L columns:
    // tables of all of them would push the signal out of the cache. The second is halved for real signals.
    const float* lane_twiddle;  // [k1 < kept][re, im][lane]: exp(-2πi·k1·lane/N)
    const float* group_twiddle;  // [group][k1 < kept][re, im]: exp(-2πi·k1·n2/N), n2 the group's first column
    const float *unpack_re, *unpack_im;  // kept: exp(-2πi·k1/N1), real signals only
    float* column_work;                  // kept · 2L
    float* row_work;                     // N2 · 2L
    float* middle;                       // what stands between the two steps
};

/// The two transforms for one instruction set.
struct SplitKernels {
    const char* name;
    std::size_t lanes;
    void (*real_power)(const SplitView& view, const float* signal, float* power);
    void (*complex)(const SplitView& view, const float* re, const float* im, float* out_re, float* out_im);
};
extern const SplitKernels kSplitBaseline, kSplitAvx2, kSplitAvx512;

}  // namespace earshot::frontend
