#pragma once

#include <memory>
#include <vector>

#include "locate/bearing.h"
#include "locate/direction_score.h"
#include "locate/geometry.h"

namespace earshot::locate {

struct FinderSettings {
    Method method = Method::srp;
    double speed_of_sound = 343;  // m/s
    int max_sources = 1;
    bool elevation = false;  // look above and, where the arrays can tell, below the horizontal plane as well
};

/// One sound, as every array hears it: a bearing for each.
using Sighting = std::vector<Bearing>;

/// Directions of the sounds in cross spectra. Arrays are asked together first: of all places around them, at
/// the azimuths and (by parallax) distances that they can tell apart, the one that they agree on best; then
/// each for its own bearing close to there, first on a grid and then between its points. All buffers are made
/// by the constructor.
class DirectionFinder {
 public:
    DirectionFinder(const ArrayGeometry& geometry, const FrameGrid& grid, const FinderSettings& settings);

    /// @param spectra  one for each array
    /// @return  the most coherent sound first; none where there is no weight at all
    std::vector<Sighting> find(std::span<const CrossSpectra> spectra);

    /// True if a direction's mirror image in the line of the microphones would sound the same; only the half
    /// of the circle that is ahead, or to the right if the line goes ahead, is then looked at.
    bool is_ambiguous() const { return mirror_.has_value(); }

 private:
    struct Place {                   // a hypothesis: where all arrays might hear a sound from
        std::vector<float> azimuth;  // in each array's map, in steps
        double azimuth_deg;          // as seen from the origin
    };
    struct Ear {
        const MicArray* array;
        PairCorrelator correlator;
        std::unique_ptr<DirectionScore> score;
        std::vector<double> map;            // best score at each azimuth of the grid
        std::vector<double> elevation_deg;  // at which that is
        double weight = 0, evidence = 0;    // of what was heard; and the number of independent pieces of it
    };

    void make_places(const ArrayGeometry& geometry);
    void draw_map(Ear& ear);
    void level_peak(Ear& ear, double azimuth_deg) const;
    const Place& best_place() const;
    Bearing refine(const Ear& ear, double azimuth_deg) const;
    double deviation_deg(const Ear& ear, const Bearing& bearing) const;

    FinderSettings settings_;
    double step_deg_;          // of the azimuths of the map
    std::vector<Point> grid_;  // unit vectors, elevation by elevation
    std::vector<double> elevations_deg_;
    std::size_t azimuths_;
    std::vector<Ear> ears_;
    std::vector<Place> places_;
    std::optional<Point> mirror_;  // normal of the line of the microphones, in the half that is looked at
    double independence_;          // share of the frames that are independent of each other
};

}  // namespace earshot::locate
