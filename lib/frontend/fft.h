#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

struct fftwf_plan_s;

namespace earshot::frontend {

/// Fourier transforms of real signals of one length, by FFTW in single precision.
///
/// X_k = Σ_n x_n exp(-2πi·k·n/N), unscaled, for the one-sided bins k = 0 ... N/2 (rounded down); bin k stands
/// for k·rate/N hertz. Rounding errors are relative to the energy of the signal. Any length works; even
/// products of 2, 3, 5 and 7, such as whole seconds at the usual rates, are up to twenty times faster than
/// others. The same bits for the same signal on one processor. All work buffers are made by the constructor.
/// Not thread-safe: one object a thread; threads may construct and destroy theirs at the same time.
class RealFft {
 public:
    /// @param size  N, samples, 1 to 2^31 - 1
    explicit RealFft(std::size_t size);

    std::size_t size() const { return size_; }
    std::size_t bins() const { return size_ / 2 + 1; }

    /// @param signal  size() samples
    /// @return  X_k, bins() values, valid until the next call
    std::span<const std::complex<float>> transform(std::span<const float> signal);

    /// @param signal  size() samples
    /// @param power   bins() values |X_k|²
    void power(std::span<const float> signal, std::span<float> power);

    /// N times the signal that has this spectrum. The first call is slow: it plans.
    /// @param spectrum  X_k, bins() values; imaginary parts at 0 Hz and at half the rate are ignored
    /// @param signal    size() samples
    void inverse(std::span<const std::complex<float>> spectrum, std::span<float> signal);

 private:
    struct DestroyPlan {
        void operator()(fftwf_plan_s* plan) const;
    };
    using Plan = std::unique_ptr<fftwf_plan_s, DestroyPlan>;

    bool is_even() const { return size_ % 2 == 0; }

    std::size_t size_;
    std::vector<std::complex<float>> signal_, spectrum_;  // an even signal is stored as N real numbers
    Plan forward_, inverse_;
};

}  // namespace earshot::frontend
