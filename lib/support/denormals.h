#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace earshot {

/// Makes this thread treat denormal numbers as zero: decoded Opus silence consists of them, and arithmetic on
/// them is ten to a hundred times slower. On Linux, threads inherit the setting from the one that starts
/// them, so main() calls this first, and the pools of OpenMP and OpenBLAS inherit it.
inline void flush_denormals_to_zero() {
#if defined(__SSE2__)
    _mm_setcsr(_mm_getcsr() | 0x8040);  // FTZ (bit 15) and DAZ (bit 6) of MXCSR
#elif defined(__aarch64__)
    unsigned long control = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | (1UL << 24)));  // FZ
#endif
}

}  // namespace earshot
