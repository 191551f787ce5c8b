#include "frontend/fft.h"

#include <fftw3.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>

namespace earshot::frontend {
namespace {

std::mutex fftw_planner;  // one for the process, and not thread-safe

/// Plans are estimated from numbers of operations. Measured ones would round differently from run to run,
/// and so would those that reuse parts of earlier plans ("wisdom").
template <class Make>
fftwf_plan make_plan(const Make& make) {
    const std::scoped_lock lock(fftw_planner);
    fftwf_forget_wisdom();
    const fftwf_plan plan = make();
    if (plan == nullptr) throw std::bad_alloc();
    return plan;
}

// FFTW documents that its types have the layout of std::complex. Its vector instructions need arrays that
// begin at a multiple of 16 bytes, as what std::vector allocates does.
static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= 16);
fftwf_complex* complex_numbers(std::vector<std::complex<float>>& values) {
    return reinterpret_cast<fftwf_complex*>(values.data());
}
float* real_numbers(std::vector<std::complex<float>>& values) {
    return reinterpret_cast<float*>(values.data());
}

}  // namespace

void RealFft::DestroyPlan::operator()(fftwf_plan_s* plan) const {
    const std::scoped_lock lock(fftw_planner);
    fftwf_destroy_plan(plan);
}

// Odd signals take a complex transform: FFTW's real one plans and runs up to four times longer where the
// length has a large prime factor.
RealFft::RealFft(std::size_t size)
    : size_(size), signal_(is_even() ? size / 2 : size), spectrum_(is_even() ? bins() : size) {
    forward_.reset(make_plan([&] {
        const int n = static_cast<int>(size_);
        fftwf_complex* const out = complex_numbers(spectrum_);
        return is_even() ? fftwf_plan_dft_r2c_1d(n, real_numbers(signal_), out, FFTW_ESTIMATE)
                         : fftwf_plan_dft_1d(n, complex_numbers(signal_), out, FFTW_FORWARD, FFTW_ESTIMATE);
    }));
}

std::span<const std::complex<float>> RealFft::transform(std::span<const float> signal) {
    if (is_even())
        std::ranges::copy(signal, real_numbers(signal_));
    else
        std::ranges::copy(signal, signal_.begin());
    fftwf_execute(forward_.get());
    return std::span(spectrum_).first(bins());
}

void RealFft::power(std::span<const float> signal, std::span<float> power) {
    std::ranges::transform(transform(signal), power.begin(),
                           [](std::complex<float> x) { return std::norm(x); });
}

void RealFft::inverse(std::span<const std::complex<float>> spectrum, std::span<float> signal) {
    float* const samples = real_numbers(signal_);
    if (!inverse_) {
        inverse_.reset(make_plan([&] {
            return fftwf_plan_dft_c2r_1d(static_cast<int>(size_), complex_numbers(spectrum_), samples,
                                         FFTW_ESTIMATE);
        }));
    }
    std::memmove(spectrum_.data(), spectrum.data(), spectrum.size_bytes());
    spectrum_.front().imag(0);
    if (is_even()) spectrum_[size_ / 2].imag(0);
    fftwf_execute(inverse_.get());
    std::copy_n(samples, size_, signal.begin());
}

}  // namespace earshot::frontend
