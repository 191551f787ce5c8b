#include "locate/tracker.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "locate/angles.h"

namespace earshot::locate {
namespace {

constexpr double kWalk = 100;    // deg²/s: 10 degrees in a second, like somebody walking through the room
constexpr double kGap_s = 1.5;   // silence after which the number is forgotten
constexpr double kSurprise = 4;  // standard deviations beyond which it is another sound
constexpr double kLeastGate_deg = 15;  // closer is never another sound

/// The greatest surprise of any array, 0 within the gate's least width; nothing beyond the gate.
std::optional<double> distance(const Tracker::Track& track, const Sighting& sighting) {
    double greatest = 0;
    for (std::size_t k = 0; k < sighting.size(); ++k) {
        const auto& [azimuth_deg, sd_deg, coherence, elevation] = sighting[k];
        const double away_deg = std::abs(wrap_180(azimuth_deg - track.angles[k].angle_deg()));
        const double surprise = track.angles[k].surprise(azimuth_deg, sd_deg);
        if (away_deg > kLeastGate_deg && surprise > kSurprise) return {};
        greatest = std::max(greatest, surprise);
    }
    return greatest;
}

}  // namespace

double CircleFilter::surprise(double angle_deg, double sd_deg) const {
    return std::abs(wrap_180(angle_deg - angle_deg_)) / std::sqrt(variance_ + sd_deg * sd_deg);
}

void CircleFilter::correct(double angle_deg, double sd_deg) {
    const double gain = variance_ / (variance_ + sd_deg * sd_deg);
    angle_deg_ = wrap_360(angle_deg_ + gain * wrap_180(angle_deg - angle_deg_));
    variance_ *= 1 - gain;
}

double CircleFilter::sd_deg() const { return std::sqrt(variance_); }

std::vector<Tracker::Tracked> Tracker::update(double time_s, std::span<const Sighting> sightings) {
    for (auto& track : tracks_) {
        for (auto& angle : track.angles) angle.predict(time_s - time_s_, kWalk);
    }
    time_s_ = time_s;
    std::erase_if(tracks_, [&](const Track& track) { return time_s - track.last_heard_s > kGap_s; });

    std::vector<Tracked> followed;
    std::vector<bool> taken(tracks_.size() + sightings.size(), false);
    for (const auto& sighting : sightings) {
        std::optional<std::size_t> nearest;
        double least = 0;
        for (std::size_t i = 0; i < tracks_.size(); ++i) {
            if (taken[i]) continue;
            const auto away = distance(tracks_[i], sighting);
            if (away && (!nearest || *away < least)) nearest = i, least = *away;
        }
        if (nearest) {
            for (std::size_t k = 0; k < sighting.size(); ++k)
                tracks_[*nearest].angles[k].correct(sighting[k].azimuth_deg, sighting[k].sd_deg);
        } else {
            nearest = tracks_.size();
            Track track{++last_id_, {}, time_s};
            for (const auto& bearing : sighting)
                track.angles.emplace_back(bearing.azimuth_deg, bearing.sd_deg);
            tracks_.push_back(std::move(track));
        }
        taken[*nearest] = true;
        auto& track = tracks_[*nearest];
        track.last_heard_s = time_s;
        Tracked tracked{track.id, sighting};
        for (std::size_t k = 0; k < sighting.size(); ++k) {
            tracked.sighting[k].azimuth_deg = track.angles[k].angle_deg();
            tracked.sighting[k].sd_deg = track.angles[k].sd_deg();
        }
        followed.push_back(std::move(tracked));
    }
    return followed;
}

}  // namespace earshot::locate
