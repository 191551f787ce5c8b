#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace earshot::frontend {

/// Power spectra of real signals of one length.
///
/// X_k = Σ_n x_n exp(-2πi·k·n/N), unscaled, for the one-sided bins k = 0 ... N/2 (rounded down); bin k stands
/// for k·rate/N hertz. Any length from 1 on works; even products of 2, 3, 5 and 7 from some 512 on, such as
/// whole seconds at the usual rates, are ten times faster than others (see SplitFft and ChirpFft). The same
/// bits for the same signal on one processor; another instruction set rounds differently. All work buffers
/// are made by the constructor. Not thread-safe: one object a thread.
class RealFft {
 public:
    explicit RealFft(std::size_t size);
    ~RealFft();
    RealFft(RealFft&&) noexcept;
    RealFft& operator=(RealFft&&) noexcept;

    std::size_t size() const { return size_; }  // N, samples
    std::size_t bins() const { return size_ / 2 + 1; }

    /// @param signal  size() samples
    /// @param power   bins() values |X_k|²
    void power(std::span<const float> signal, std::span<float> power);

 private:
    struct Plan;
    std::size_t size_;
    std::unique_ptr<Plan> plan_;
};

}  // namespace earshot::frontend
