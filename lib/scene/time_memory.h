#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace earshot::scene {

using SceneTime = std::chrono::sys_seconds;

/// A time of the week in local time: half-hours since Monday 00:00, 0 to 335, and the fraction of the current
/// one.
double half_hour_of_week(SceneTime time);

/// When a sound occurs: counts for every half-hour of the week, from which densities over the day and over
/// the week are estimated with von Mises kernels (about an hour wide for the day, two for the week).
class TimeMemory {
 public:
    static constexpr std::size_t kBins = 336;  // half-hours of a week

    TimeMemory() : counts_(kBins) {}

    void observe(SceneTime time);
    void fade(double factor);
    /// @param counts  kBins
    void restore(std::span<const double> counts, int days) {
        counts_.assign(counts.begin(), counts.end());
        days_ = days;
    }

    std::span<const double> counts() const { return counts_; }
    double total() const;
    /// Number of days with observations.
    int days() const { return days_; }

    /// Density at a time, relative to a sound that is equally likely at any time, which has 1.
    double density_of_day(double half_hour) const;
    double density_of_week(double half_hour) const;

    /// "the time of day" or "the day of the week" if a sound at this time is unusual: where a sound equally
    /// likely at any time would have five observations, there is less than a twentieth of that. By chance
    /// this happens in 1 of 150 cases (e^-5), and never before about thirty observations on five days (for
    /// the week, 120 on fourteen).
    std::optional<std::string> unusual(double half_hour) const;

 private:
    std::vector<double> counts_;
    int days_ = 0;
    long last_day_ = -1;
};

}  // namespace earshot::scene
