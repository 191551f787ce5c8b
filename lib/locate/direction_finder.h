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
    bool elevation = false;  // also search above and, if the arrays can tell, below the horizontal plane
};

/// One sound: a bearing from each array.
using Sighting = std::vector<Bearing>;

/// Finds the directions of sounds in cross spectra. All arrays together first select a place, from a grid of
/// the azimuths and (by parallax) distances that they can distinguish; then each array refines its own
/// bearing near that place, first on a grid and then between grid points. All buffers are allocated by the
/// constructor.
class DirectionFinder {
 public:
    DirectionFinder(const ArrayGeometry& geometry, const FrameGrid& grid, const FinderSettings& settings);

    /// @param spectra  one for each array
    /// @return  the most coherent sound first; empty if all weights are zero
    std::vector<Sighting> find(std::span<const CrossSpectra> spectra);

    /// True if the arrays cannot tell a direction from its mirror image in the line of the microphones. Then
    /// only the half of the circle ahead is searched, or the right half if the line points ahead.
    bool is_ambiguous() const { return mirror_.has_value(); }

 private:
    struct Place {                   // a candidate source position
        std::vector<float> azimuth;  // in each array's map, in steps
        double azimuth_deg;          // as seen from the origin
    };
    struct Ear {
        const MicArray* array;
        PairCorrelator correlator;
        std::unique_ptr<DirectionScore> score;
        std::vector<double> map;            // best score at each azimuth of the grid
        std::vector<double> elevation_deg;  // at which that is
        double weight = 0, evidence = 0;    // of the sound; number of independent observations in it
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
    std::optional<Point> mirror_;  // normal of the line of the microphones, in the half searched
    double independence_;          // fraction of frames that are independent of each other
};

}  // namespace earshot::locate
