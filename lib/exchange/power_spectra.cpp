#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "exchange/transform_nodes.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

constexpr std::int64_t kShort = 512;     // points up to which one matrix is as good as two
constexpr std::int64_t kLongest = 4096;  // points of one matrix

/// exp(-2 pi i turns / size), exact for large products.
struct Turn {
    double cosine, sine;
    Turn(std::int64_t turns, std::int64_t size) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(turns % size) / static_cast<double>(size);
        cosine = std::cos(angle);
        sine = -std::sin(angle);
    }
};

/// The largest factor of N that is not above its root.
std::int64_t lower_factor(std::int64_t size) {
    auto factor = static_cast<std::int64_t>(std::sqrt(static_cast<double>(size)));
    while (size % factor != 0) --factor;
    return factor;
}

PowerSpectra short_spectra(OnnxBuilder& b, const Value& frames, std::span<const double> window,
                           std::int64_t size) {
    const std::int64_t bins = size / 2 + 1, length = static_cast<std::int64_t>(window.size());
    std::vector<float> matrix;
    matrix.reserve(window.size() * static_cast<std::size_t>(2 * bins));
    for (std::int64_t n = 0; n < length; ++n) {
        const double weight = window[static_cast<std::size_t>(n)];
        for (std::int64_t k = 0; k < bins; ++k)
            matrix.push_back(static_cast<float>(weight * Turn(n * k, size).cosine));
        for (std::int64_t k = 0; k < bins; ++k)
            matrix.push_back(static_cast<float>(weight * Turn(n * k, size).sine));
    }
    const Value spectra = b.reshape(b.product(frames, b.constant(matrix, {length, 2 * bins})), {-1, 2, bins});
    return {b.sum(b.multiply(spectra, spectra), {1}, false), bins};
}

/// Sample n is n1 N2 + n2, and bin k is k1 + k2 N1:
/// X_k = Σ_n2 exp(-2πi n2 k2 / N2) exp(-2πi n2 k1 / N) Σ_n1 exp(-2πi n1 k1 / N1) x_n
class LongSpectra {
 public:
    LongSpectra(OnnxBuilder& b, std::int64_t n1, std::int64_t n2)
        : b_(b), n1_(n1), n2_(n2), k2_(n2 / 2 + 1) {}

    PowerSpectra write(const Value& signals) {
        const Value columns = b_.transpose(b_.reshape(signals, {-1, n1_, n2_}), {0, 2, 1});
        const Value first = b_.product(columns, b_.constant(inner(), {n1_, 2 * n1_}));  // [frames, N2, 2 N1]
        const Value real = b_.slice(first, 2, 0, n1_), imaginary = b_.slice(first, 2, n1_, 2 * n1_);
        const Value turned = rotated(real, imaginary);  // [frames, N1, 2 N2]
        const Value second = b_.product(turned, b_.constant(outer(), {2 * n2_, 2 * k2_}));
        const Value parts = b_.reshape(second, {-1, n1_, 2, k2_});
        const Value power = b_.sum(b_.multiply(parts, parts), {2}, false);
        return {b_.reshape(b_.transpose(power, {0, 2, 1}), {-1, n1_ * k2_}), n1_ * k2_};
    }

 private:
    std::vector<float> inner() const {
        std::vector<float> matrix;
        for (std::int64_t n = 0; n < n1_; ++n) {
            for (std::int64_t k = 0; k < n1_; ++k)
                matrix.push_back(static_cast<float>(Turn(n * k, n1_).cosine));
            for (std::int64_t k = 0; k < n1_; ++k)
                matrix.push_back(static_cast<float>(Turn(n * k, n1_).sine));
        }
        return matrix;
    }

    /// Rows: real parts of n2, then imaginary ones. Columns: real parts of k2, then imaginary ones.
    std::vector<float> outer() const {
        std::vector<float> matrix;
        for (const bool imaginary : {false, true}) {
            for (std::int64_t n = 0; n < n2_; ++n) {
                for (std::int64_t k = 0; k < k2_; ++k) {
                    const Turn turn(n * k, n2_);
                    matrix.push_back(static_cast<float>(imaginary ? -turn.sine : turn.cosine));
                }
                for (std::int64_t k = 0; k < k2_; ++k) {
                    const Turn turn(n * k, n2_);
                    matrix.push_back(static_cast<float>(imaginary ? turn.cosine : turn.sine));
                }
            }
        }
        return matrix;
    }

    Value rotated(const Value& real, const Value& imaginary) {
        std::vector<float> cosines, sines;
        for (std::int64_t n = 0; n < n2_; ++n) {
            for (std::int64_t k = 0; k < n1_; ++k) {
                const Turn turn(n * k, n1_ * n2_);
                cosines.push_back(static_cast<float>(turn.cosine));
                sines.push_back(static_cast<float>(turn.sine));
            }
        }
        const Value cosine = b_.constant(cosines, {n2_, n1_}), sine = b_.constant(sines, {n2_, n1_});
        const Value a = b_.subtract(b_.multiply(real, cosine), b_.multiply(imaginary, sine));
        const Value c = b_.add(b_.multiply(real, sine), b_.multiply(imaginary, cosine));
        return b_.concat({b_.transpose(a, {0, 2, 1}), b_.transpose(c, {0, 2, 1})}, 2);
    }

    OnnxBuilder& b_;
    std::int64_t n1_, n2_, k2_;
};

}  // namespace

PowerSpectra power_spectra(OnnxBuilder& b, const Value& frames, std::span<const double> window,
                           std::int64_t size) {
    const std::int64_t n1 = lower_factor(size), n2 = size / n1;
    if (size <= kShort || (n1 < 8 && size <= kLongest)) return short_spectra(b, frames, window, size);
    if (n2 > kLongest) {
        throw Error(
            fmt::format("a transform of {} points does not fit into an ONNX model: it is {} times {} (frames "
                        "of a rounder "
                        "duration, or --frames)",
                        size, n1, n2));
    }
    Value signals = frames;
    if (!std::ranges::all_of(window, [](double weight) { return weight == 1; })) {
        const std::vector<float> weights(window.begin(), window.end());
        signals = b.multiply(signals, b.constant(weights, {static_cast<std::int64_t>(weights.size())}));
    }
    const std::int64_t missing = size - static_cast<std::int64_t>(window.size());
    if (missing > 0) signals = b.node("Pad", {signals, b.whole({0, 0, 0, missing})});
    return LongSpectra(b, n1, n2).write(signals);
}

}  // namespace earshot::exchange
