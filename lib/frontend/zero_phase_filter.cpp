#include "frontend/zero_phase_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

#include "support/error.h"

namespace earshot::frontend {
namespace {

using Complex = std::complex<double>;

/// Poles of the analogue band-pass between the angular frequencies `low` and `high`, two for each pole of the
/// low-pass prototype in the upper half of the plane or on its border; the others are their conjugates.
std::vector<std::array<Complex, 2>> analogue_poles(int order, double low, double high) {
    std::vector<std::array<Complex, 2>> poles;
    for (int k = 0; 2 * k < order; ++k) {
        const double angle = std::numbers::pi * (2 * k + 1) / (2.0 * order);
        const Complex half_width = (high - low) / 2 * Complex(-std::sin(angle), std::cos(angle));
        const Complex apart = std::sqrt(half_width * half_width - low * high);
        poles.push_back({half_width + apart, half_width - apart});
    }
    return poles;
}

/// From the s-plane to the z-plane, for a rate of 1/2: s = 4 (z - 1) / (z + 1).
Complex bilinear(Complex s) { return (4.0 + s) / (4.0 - s); }

}  // namespace

ZeroPhaseFilter::ZeroPhaseFilter(int order, double low_hz, double high_hz, double rate_hz) {
    if (order < 1 || order > kMaxOrder)
        throw Error(fmt::format("band-pass: order {}, must be 1 to {}", order, kMaxOrder));
    if (!(0 < low_hz && low_hz < high_hz && high_hz < rate_hz / 2)) {
        throw Error(fmt::format("band-pass from {} to {} Hz: must lie between 0 and {} Hz", low_hz, high_hz,
                                rate_hz / 2));
    }
    const auto warped = [&](double hz) { return 4 * std::tan(std::numbers::pi * hz / rate_hz); };
    const double low = warped(low_hz), high = warped(high_hz);
    const Complex centre = bilinear({0, std::sqrt(low * high)});  // where the band-pass has gain 1

    const auto add = [&](Complex pole, Complex other) {
        const Complex p = bilinear(pole), q = bilinear(other);
        const double gain = std::abs((centre * centre - 1.0) / ((centre - p) * (centre - q)));
        sections_.push_back({1 / gain, -(p + q).real(), (p * q).real()});
    };
    const auto poles = analogue_poles(order, low, high);
    for (std::size_t k = 0; k < poles.size(); ++k) {
        const auto& [one, two] = poles[k];
        if (2 * k + 1 == static_cast<std::size_t>(order)) {  // of a real pole of the prototype
            add(one, two);                                   // conjugates of each other, or both real
        } else {
            add(one, std::conj(one));
            add(two, std::conj(two));
        }
    }
}

/// One way through extended_, all sections at each sample: the sections of neighbouring samples do not wait
/// for each other, so that a processor works on several at once.
void ZeroPhaseFilter::pass() {
    struct State {
        double b, a1, a2, z1, z2;
    };
    std::array<State, 2 * kMaxOrder> states{};
    const std::size_t count = sections_.size();
    // In the steady state of a constant a band-pass gives nothing: only the first section holds something.
    for (std::size_t k = 0; k < count; ++k) {
        const double first = k == 0 ? sections_[k].b * extended_.front() : 0;
        states[k] = {sections_[k].b, sections_[k].a1, sections_[k].a2, -first, -first};
    }
    for (double& value : extended_) {
        double x = value;
        for (std::size_t k = 0; k < count; ++k) {
            State& s = states[k];
            const double in = s.b * x, y = in + s.z1;
            s.z1 = s.z2 - s.a1 * y;
            s.z2 = -in - s.a2 * y;
            x = y;
        }
        value = x;
    }
}

void ZeroPhaseFilter::apply(std::span<const float> piece, std::span<float> filtered) {
    const std::size_t pad = padding(), size = piece.size();
    if (size <= pad) throw Error(fmt::format("band-pass: {} samples, must be more than {}", size, pad));
    extended_.resize(size + 2 * pad);
    const double first = piece.front(), last = piece.back();
    for (std::size_t i = 0; i < pad; ++i) {
        extended_[i] = 2 * first - piece[pad - i];
        extended_[pad + size + i] = 2 * last - piece[size - 2 - i];
    }
    std::copy(piece.begin(), piece.end(), extended_.begin() + static_cast<std::ptrdiff_t>(pad));
    for (int way = 0; way < 2; ++way) {
        pass();
        std::ranges::reverse(extended_);
    }
    for (std::size_t i = 0; i < size; ++i) filtered[i] = static_cast<float>(extended_[pad + i]);
}

}  // namespace earshot::frontend
