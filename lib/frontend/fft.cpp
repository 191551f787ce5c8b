#include "frontend/fft.h"

#include <kissfft/kiss_fft.h>
#include <kissfft/kiss_fftr.h>

#include <complex>
#include <cstdlib>
#include <new>
#include <vector>

#include "support/error.h"

namespace earshot {

struct RealFft::Plan {
    // KissFFT's real transform takes even lengths only.
    explicit Plan(std::size_t size)
        : even(size % 2 == 0 ? kiss_fftr_alloc(static_cast<int>(size), 0, nullptr, nullptr) : nullptr),
          odd(size % 2 == 1 ? kiss_fft_alloc(static_cast<int>(size), 0, nullptr, nullptr) : nullptr),
          in(odd ? size : 0),
          out(odd ? size : size / 2 + 1) {
        if (!even && !odd) throw std::bad_alloc();
    }

    struct Free {
        void operator()(void* plan) const { std::free(plan); }
    };
    std::unique_ptr<std::remove_pointer_t<kiss_fftr_cfg>, Free> even;
    std::unique_ptr<std::remove_pointer_t<kiss_fft_cfg>, Free> odd;
    std::vector<kiss_fft_cpx> in, out;
};

RealFft::RealFft(std::size_t size) : size_(size), plan_(std::make_unique<Plan>(size)) {}
RealFft::~RealFft() = default;
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;

void RealFft::power(std::span<const float> signal, std::span<float> power) {
    if (plan_->even) {
        kiss_fftr(plan_->even.get(), signal.data(), plan_->out.data());
    } else {
        for (std::size_t n = 0; n < size_; ++n) plan_->in[n] = {signal[n], 0};
        kiss_fft(plan_->odd.get(), plan_->in.data(), plan_->out.data());
    }
    for (std::size_t k = 0; k < bins(); ++k) {
        const kiss_fft_cpx x = plan_->out[k];
        power[k] = x.r * x.r + x.i * x.i;
    }
}

}  // namespace earshot
