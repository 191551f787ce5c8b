#pragma once

#include <span>
#include <vector>

#include "locate/direction_finder.h"

namespace earshot::locate {

/// Kalman filter of an angle that follows a random walk; innovations take the short way around the circle.
class CircleFilter {
 public:
    CircleFilter(double angle_deg, double sd_deg) : angle_deg_(angle_deg), variance_(sd_deg * sd_deg) {}

    /// Advances time. @param walk  variance of the random walk, deg²/s
    void predict(double seconds, double walk) { variance_ += walk * seconds; }
    /// Distance of a measurement from its prediction, in standard deviations.
    double surprise(double angle_deg, double sd_deg) const;
    void correct(double angle_deg, double sd_deg);

    double angle_deg() const { return angle_deg_; }
    double sd_deg() const;

 private:
    double angle_deg_, variance_;
};

/// Tracks sounds from update to update: it smooths bearings, and a sound keeps its number through short
/// silences. Each sound has one filter per array, so that smoothed bearings can be triangulated.
class Tracker {
 public:
    struct Track {
        int id;                            // from 1, in order of appearance
        std::vector<CircleFilter> angles;  // one for each array
        double last_heard_s;
    };

    /// Assigns each sighting of an update to the nearest track within the gate, or to a new one.
    /// @return  for each sighting its track's number and the smoothed bearings
    struct Tracked {
        int id;
        Sighting sighting;
    };
    std::vector<Tracked> update(double time_s, std::span<const Sighting> sightings);

 private:
    std::vector<Track> tracks_;
    double time_s_ = 0;
    int last_id_ = 0;
};

}  // namespace earshot::locate
