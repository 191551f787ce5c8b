#pragma once

#include <span>
#include <vector>

#include "locate/direction_finder.h"

namespace earshot::locate {

/// An angle that wanders at random, filtered on the circle: the Kalman filter of a random walk, whose
/// innovations go the short way round.
class CircleFilter {
 public:
    CircleFilter(double angle_deg, double sd_deg) : angle_deg_(angle_deg), variance_(sd_deg * sd_deg) {}

    /// Time goes by. @param walk  variance that the angle gains a second, deg²/s
    void predict(double seconds, double walk) { variance_ += walk * seconds; }
    /// How far a measurement is from what is expected, in standard deviations.
    double surprise(double angle_deg, double sd_deg) const;
    void correct(double angle_deg, double sd_deg);

    double angle_deg() const { return angle_deg_; }
    double sd_deg() const;

 private:
    double angle_deg_, variance_;
};

/// Follows sounds from update to update: bearings are smoothed, and a sound keeps its number through short
/// silence. A sound is followed by its bearing from each array, so that smoothed bearings can be
/// triangulated.
class Tracker {
 public:
    struct Track {
        int id;                            // from 1, in order of appearance
        std::vector<CircleFilter> angles;  // one for each array
        double last_heard_s;
    };

    /// Sightings of one update, each given to the nearest track that is near enough, or to a new one.
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
