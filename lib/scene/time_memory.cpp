#include "scene/time_memory.h"

#include <cmath>
#include <ctime>
#include <numbers>
#include <numeric>

namespace earshot::scene {
namespace {

constexpr double kHalfHoursOfDay = 48;
constexpr double kDay_sd = 2, kWeek_sd = 4;  // half-hours
constexpr double kExpected = 5;
constexpr double kUnusual = 0.05;
constexpr int kDays = 5, kDaysOfWeek = 14;  // a single long evening says nothing about mornings

/// Kernel over a circle of `period`, of height 1: von Mises with the given standard deviation.
double kernel(double away, double period, double sd) {
    const double angle = 2 * std::numbers::pi * away / period, sd_angle = 2 * std::numbers::pi * sd / period;
    return std::exp((std::cos(angle) - 1) / (sd_angle * sd_angle));
}

/// Σ counts · kernel, over its value for the same counts spread evenly.
double density(std::span<const double> counts, double half_hour, double period, double sd) {
    double here = 0, all = 0, even = 0;
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        const double weight = kernel(static_cast<double>(bin) + 0.5 - half_hour, period, sd);
        here += weight * counts[bin];
        all += counts[bin];
        even += weight;
    }
    return all > 0 ? here / (all * even / static_cast<double>(counts.size())) : 0;
}

/// Observations that fall under the kernel when they are spread evenly.
double expected(double total, double period, double sd) {
    return total * std::sqrt(4 * std::numbers::pi) * sd / period;
}

}  // namespace

double half_hour_of_week(SceneTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const int day = (local.tm_wday + 6) % 7;  // tm_wday counts from Sunday
    return day * kHalfHoursOfDay + local.tm_hour * 2 + local.tm_min / 30.0 + local.tm_sec / 1800.0;
}

void TimeMemory::observe(SceneTime time) {
    counts_[static_cast<std::size_t>(half_hour_of_week(time)) % kBins] += 1;
    const auto day = static_cast<long>(time.time_since_epoch().count() / 86400);
    if (day != last_day_) ++days_;
    last_day_ = day;
}

void TimeMemory::fade(double factor) {
    for (auto& count : counts_) count *= factor;
}

double TimeMemory::total() const { return std::accumulate(counts_.begin(), counts_.end(), 0.0); }

double TimeMemory::density_of_day(double half_hour) const {
    return density(counts_, half_hour, kHalfHoursOfDay, kDay_sd);
}

double TimeMemory::density_of_week(double half_hour) const {
    return density(counts_, half_hour, kBins, kWeek_sd);
}

std::optional<std::string> TimeMemory::unusual(double half_hour) const {
    const double count = total();
    if (days_ >= kDays && expected(count, kHalfHoursOfDay, kDay_sd) >= kExpected &&
        density_of_day(half_hour) < kUnusual)
        return "the time of day";
    if (days_ >= kDaysOfWeek && expected(count, kBins, kWeek_sd) >= kExpected &&
        density_of_week(half_hour) < kUnusual)
        return "the day of the week";
    return {};
}

}  // namespace earshot::scene
