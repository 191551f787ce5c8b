#pragma once

#include <span>

#include "exchange/onnx_builder.h"
#include "frontend/zero_phase_filter.h"

namespace earshot::exchange {

/// Power spectra: |X_k|² for the bins k = 0 ... N/2 from column 0 on; there may be more columns.
struct PowerSpectra {
    Value power;  // [frames, columns]
    std::int64_t columns;
};

/// The discrete Fourier transform as products of matrices: one for a short signal; two for a long one, of
/// N = N1 N2 points, with a rotation between them (Cooley and Tukey, Math. Comput. 19 (1965), 297-301).
/// @param frames  [frames, window.size()]
/// @param window  by which samples are weighted
/// @param size    N, at least window.size(); zeros fill up the rest
/// @throws Error  if N is long and has a large prime factor
PowerSpectra power_spectra(OnnxBuilder& b, const Value& frames, std::span<const double> window,
                           std::int64_t size);

/// ZeroPhaseFilter in double precision. Samples are taken in blocks: matrices say what a block's output and
/// the filter's next state are, given its samples and the state before it.
/// @param pieces  double, [pieces, length]
Value zero_phase(OnnxBuilder& b, const Value& pieces, std::int64_t length,
                 const frontend::ZeroPhaseFilter& filter);

}  // namespace earshot::exchange
