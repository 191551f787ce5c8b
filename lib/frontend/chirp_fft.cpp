#include "frontend/chirp_fft.h"

#include <algorithm>
#include <complex>
#include <cstdint>

namespace earshot::frontend {
namespace {

std::size_t padded_size(std::size_t size) {
    std::size_t padded = std::max<std::size_t>(size + size / 2, 256);
    while (!SplitFft::takes(padded, SplitFft::Kind::complex)) ++padded;
    return padded;
}

}  // namespace

ChirpFft::ChirpFft(std::size_t size)
    : size_(size),
      fft_(padded_size(size), SplitFft::Kind::complex),
      padded_(padded_size(size)),
      chirp_re_(size),
      chirp_im_(size),
      filter_re_(padded_),
      filter_im_(padded_),
      re_(padded_),
      im_(padded_) {
    fill_chirp();
    // conj(w) at k - n = 0 ... N/2 and, wrapped, at -(N-1) ... -1; 1/M undoes the scaling of the way back.
    const float scale = 1 / static_cast<float>(padded_);
    for (std::size_t n = 0; n < size; ++n) {
        const float re = chirp_re_[n] * scale, im = -chirp_im_[n] * scale;
        if (n <= size / 2) re_[n] = re, im_[n] = im;
        if (n > 0) re_[padded_ - n] = re, im_[padded_ - n] = im;
    }
    fft_.transform(re_.data(), im_.data(), filter_re_.data(), filter_im_.data());
    std::fill_n(re_.data(), padded_, 0.0F);
    std::fill_n(im_.data(), padded_, 0.0F);
}

// w_(n+1) = w_n·v_n and v_(n+1) = v_n·exp(-2πi/N), started anew before rounding adds up: a sine and a cosine
// for each n would take longer than the transform.
void ChirpFft::fill_chirp() {
    constexpr std::uint64_t kRun = 256;
    const std::complex<double> bend = unit_root(1, size_);
    std::complex<double> chirp, step;
    for (std::uint64_t n = 0; n < size_; ++n) {
        if (n % kRun == 0) {
            chirp = unit_root(n * n, 2 * size_);
            step = unit_root(2 * n + 1, 2 * size_);
        }
        chirp_re_[n] = static_cast<float>(chirp.real());
        chirp_im_[n] = static_cast<float>(chirp.imag());
        chirp *= step;
        step *= bend;
    }
}

void ChirpFft::power(std::span<const float> signal, std::span<float> power) {
    for (std::size_t n = 0; n < size_; ++n) {
        re_[n] = signal[n] * chirp_re_[n];
        im_[n] = signal[n] * chirp_im_[n];
    }
    fft_.transform(re_.data(), im_.data(), re_.data(), im_.data());
    for (std::size_t k = 0; k < padded_; ++k) {
        const float re = re_[k], im = im_[k];
        re_[k] = re * filter_re_[k] - im * filter_im_[k];
        im_[k] = re * filter_im_[k] + im * filter_re_[k];
    }
    // Back, with the parts exchanged on both sides. |w_k| = 1, so the last multiplication changes no power.
    fft_.transform(im_.data(), re_.data(), im_.data(), re_.data());
    for (std::size_t k = 0; k < power.size(); ++k) power[k] = re_[k] * re_[k] + im_[k] * im_[k];
    std::fill_n(re_.data() + size_, padded_ - size_, 0.0F);
    std::fill_n(im_.data() + size_, padded_ - size_, 0.0F);
}

}  // namespace earshot::frontend
