#include "locate/pair_correlator.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace earshot::locate {
namespace {

constexpr double kStep = 0.25;       // samples between lags
constexpr Eigen::Index kMargin = 3;  // lags beyond the longest, for interpolation

/// Weights of the cubic through four neighbours, `t` of the way from the second to the third (Lagrange).
std::array<double, 4> cubic(double t) {
    return {-t * (t - 1) * (t - 2) / 6, (t * t - 1) * (t - 2) / 2, -t * (t + 1) * (t - 2) / 2,
            t * (t * t - 1) / 6};
}

}  // namespace

PairCorrelator::PairCorrelator(const MicArray& array, const FrameGrid& grid, double speed)
    : pairs_(pairs_of(array.mics.size())), omega_(grid.bins) {
    for (const auto& [i, j] : pairs_)
        lags_per_unit_.push_back((array.mics[i] - array.mics[j]) * grid.rate_hz / speed);
    half_ = static_cast<Eigen::Index>(std::ceil(array.aperture() * grid.rate_hz / speed / kStep)) + kMargin;
    for (int bin = 0; bin < grid.bins; ++bin) omega_[bin] = grid.omega(bin);
    const Eigen::ArrayXd lags = Eigen::ArrayXd::LinSpaced(half_ + 1, 0, static_cast<double>(half_)) * kStep;
    const Eigen::ArrayXXd angles = (lags.matrix() * omega_.matrix().transpose()).array();
    cosines_ = angles.cos().cast<float>().matrix();
    sines_ = angles.sin().cast<float>().matrix();
    const auto columns = static_cast<Eigen::Index>(pairs_.size());
    even_.resize(half_ + 1, columns);
    odd_.resize(half_ + 1, columns);
    correlation_.setZero(2 * half_ + 1, columns);
}

void PairCorrelator::correlate(const CrossSpectra& spectra) {
    even_.noalias() = cosines_ * spectra.re.matrix();
    odd_.noalias() = sines_ * spectra.im.matrix();
    correlation_.bottomRows(half_ + 1) = even_.array() + odd_.array();
    correlation_.topRows(half_ + 1) = (even_.array() - odd_.array()).colwise().reverse();
    weight_ = spectra.weight;
    total_ = std::max(1e-9, static_cast<double>(weight_.sum()));
}

double PairCorrelator::at(std::size_t pair, double lag) const {
    const double position = lag / kStep + static_cast<double>(half_);
    const auto index = std::clamp<Eigen::Index>(static_cast<Eigen::Index>(position), 1, 2 * half_ - 2);
    const auto w = cubic(position - static_cast<double>(index));
    const float* around = correlation_.col(static_cast<Eigen::Index>(pair)).data() + index - 1;
    return w[0] * around[0] + w[1] * around[1] + w[2] * around[2] + w[3] * around[3];
}

double PairCorrelator::best_lag(std::size_t pair) const {
    const auto column = correlation_.col(static_cast<Eigen::Index>(pair));
    const auto longest = lags_per_unit_[pair].norm();
    const auto reach = std::min(half_ - 1, static_cast<Eigen::Index>(std::floor(longest / kStep)));
    Eigen::Index best = 0;
    column.segment(half_ - reach, 2 * reach + 1).maxCoeff(&best);
    best += half_ - reach;
    const double before = column[best - 1], here = column[best], after = column[best + 1];
    const double bend = before - 2 * here + after;
    const double shift = bend < 0 ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;
    return std::clamp((static_cast<double>(best - half_) + shift) * kStep, -longest, longest);
}

double PairCorrelator::coherence(const Point& from) const {
    double sum = 0;
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) sum += at(pair, lag_of(pair, from));
    return sum / (total_ * static_cast<double>(pairs_.size()));
}

void PairCorrelator::remove(const Point& from, double amount) {
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
        const double centre = lag_of(pair, from);
        auto column = correlation_.col(static_cast<Eigen::Index>(pair));
        for (Eigen::Index i = 0; i < column.size(); ++i) {
            const double lag = static_cast<double>(i - half_) * kStep - centre;
            const double left = (weight_.cast<double>() * (omega_ * lag).cos()).sum();
            column[i] -= static_cast<float>(amount * left);
        }
    }
}

}  // namespace earshot::locate
