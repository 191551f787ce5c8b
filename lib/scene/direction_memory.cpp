#include "scene/direction_memory.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numeric>
#include <stdexcept>

#include "support/circle.h"

namespace earshot::scene {
namespace {

constexpr double kFine_deg = 360.0 / DirectionMemory::kFineBins;
constexpr double kSmoothing_deg = 15;
constexpr double kLeastShare = 0.15, kLeastCount = 2.5;  // three, somewhat faded
constexpr double kLeastConcentration = 1e-6;             // below this, the mean is rounding error

std::size_t bin_of(double azimuth_deg, std::size_t bins) {
    const double position = wrap_360(azimuth_deg) / 360 * static_cast<double>(bins);
    return std::min(bins - 1, static_cast<std::size_t>(position));
}

double centre_of(std::size_t bin, std::size_t bins) {
    return (static_cast<double>(bin) + 0.5) * 360 / static_cast<double>(bins);
}

/// Σ count · (unit vector of the bin's centre), over the selected bins.
template <class Wanted>
std::complex<double> resultant(std::span<const double> counts, const Wanted& wanted) {
    std::complex<double> sum = 0;
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        if (wanted(bin)) sum += std::polar(counts[bin], radians(centre_of(bin, counts.size())));
    }
    return sum;
}

std::array<double, DirectionMemory::kFineBins> smoothed(std::span<const double> counts) {
    constexpr auto kBins = DirectionMemory::kFineBins;
    constexpr int kReach = static_cast<int>(3 * kSmoothing_deg / kFine_deg);
    std::array<double, kBins> smooth{};
    for (int shift = -kReach; shift <= kReach; ++shift) {
        const double weight = std::exp(-0.5 * std::pow(shift * kFine_deg / kSmoothing_deg, 2));
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            const auto from =
                (bin + kBins + static_cast<std::size_t>(shift + static_cast<int>(kBins))) % kBins;
            smooth[bin] += weight * counts[from];
        }
    }
    return smooth;
}

}  // namespace

DirectionMemory::DirectionMemory(std::size_t bins) : coarse_(bins), fine_(kFineBins) {
    if (bins < 1 || bins > kFineBins) throw std::invalid_argument("1 to 72 bins");
}

void DirectionMemory::observe(double azimuth_deg, double weight) {
    coarse_[bin_of(azimuth_deg, coarse_.size())] += weight;
    fine_[bin_of(azimuth_deg, kFineBins)] += weight;
}

void DirectionMemory::fade(double factor) {
    for (auto& count : coarse_) count *= factor;
    for (auto& count : fine_) count *= factor;
}

void DirectionMemory::restore_coarse(std::span<const double> counts) {
    std::ranges::fill(fine_, 0);
    std::ranges::fill(coarse_, 0);
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        if (counts[bin] > 0) observe(centre_of(bin, counts.size()), counts[bin]);
    }
}

void DirectionMemory::restore_fine(std::span<const double> counts) { restore_coarse(counts); }

double DirectionMemory::total() const { return std::accumulate(coarse_.begin(), coarse_.end(), 0.0); }

std::optional<UsualDirection> DirectionMemory::mean() const {
    const double count = total();
    if (!(count > 0)) return {};
    const auto sum = resultant(coarse_, [](std::size_t) { return true; }) / count;
    if (std::abs(sum) < kLeastConcentration) return {};
    return UsualDirection{wrap_360(degrees(std::arg(sum))), std::abs(sum), 1};
}

std::vector<UsualDirection> DirectionMemory::modes() const {
    const auto smooth = smoothed(fine_);
    std::vector<std::size_t> peaks;
    for (std::size_t bin = 0; bin < kFineBins; ++bin) {
        const double before = smooth[(bin + kFineBins - 1) % kFineBins],
                     after = smooth[(bin + 1) % kFineBins];
        if (smooth[bin] > before && smooth[bin] >= after) peaks.push_back(bin);
    }
    const double count = std::accumulate(fine_.begin(), fine_.end(), 0.0);
    const auto nearest_peak = [&](std::size_t bin) {
        return std::ranges::min_element(peaks, {}, [&](std::size_t peak) {
            const auto away = bin > peak ? bin - peak : peak - bin;
            return std::min(away, kFineBins - away);
        });
    };
    std::vector<UsualDirection> modes;
    for (auto peak = peaks.begin(); peak != peaks.end(); ++peak) {
        double share = 0;
        const auto near = [&](std::size_t bin) { return nearest_peak(bin) == peak; };
        for (std::size_t bin = 0; bin < kFineBins; ++bin) share += near(bin) ? fine_[bin] : 0;
        const auto sum = resultant(fine_, near);
        if (share < std::max(kLeastShare * count, std::min(kLeastCount, count))) continue;
        if (!(share > 0)) continue;
        modes.push_back({wrap_360(degrees(std::arg(sum))), std::abs(sum) / share, share / count});
    }
    std::ranges::stable_sort(modes, std::greater(), &UsualDirection::share);
    return modes;
}

double DirectionMemory::share_within(double azimuth_deg, double reach_deg) const {
    double near = 0, all = 0;
    for (std::size_t bin = 0; bin < kFineBins; ++bin) {
        all += fine_[bin];
        if (std::abs(wrap_180(centre_of(bin, kFineBins) - azimuth_deg)) <= reach_deg) near += fine_[bin];
    }
    return all > 0 ? near / all : 0;
}

}  // namespace earshot::scene
