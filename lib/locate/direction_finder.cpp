#include "locate/direction_finder.h"

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <optional>

#include "locate/angles.h"

namespace earshot::locate {
namespace {

constexpr double kElevationStep_deg = 7.5;
// Further sources below this fraction of the coherence are echoes or side lobes.
constexpr double kLeastOfFirst = 0.4;
// Distances of places, in baselines: even steps of parallax.
constexpr double kParallax[] = {0, 0.05, 0.1, 0.17, 0.25, 0.4, 0.6, 0.85};

/// Step of an azimuth grid fine enough to miss no peak: a good part of the main lobe's width at the highest
/// frequency.
double step_of(const ArrayGeometry& geometry, const FrameGrid& grid, double speed) {
    double aperture = 0;
    for (const auto& array : geometry.arrays) aperture = std::max(aperture, array.aperture());
    const double high_hz = grid.omega(grid.bins - 1) * grid.rate_hz / 6.283185307179586;
    const double step = std::clamp(degrees(0.15 * speed / high_hz / aperture), 1.0, 5.0);
    return 360 / std::ceil(360 / step);
}

/// The normal, in the half to search, of the line on which the microphones of all arrays lie.
std::optional<Point> mirror_of(const ArrayGeometry& geometry) {
    MicArray all;
    for (const auto& array : geometry.arrays) {
        Point middle = Point::Zero();
        for (const auto& mic : array.mics) middle += mic / static_cast<double>(array.mics.size());
        for (const auto& mic : array.mics) all.mics.push_back(mic - middle);
    }
    if (!all.is_ambiguous()) return {};
    Point along = all.mics.front();
    for (const auto& mic : all.mics) {
        if (mic.norm() > along.norm()) along = mic;
    }
    Point normal(-along.y(), along.x(), 0);
    normal.normalize();
    const bool behind = std::abs(normal.y()) > 1e-6 ? normal.y() < 0 : normal.x() < 0;
    return behind ? Point(-normal) : normal;
}

}  // namespace

DirectionFinder::DirectionFinder(const ArrayGeometry& geometry, const FrameGrid& grid,
                                 const FinderSettings& settings)
    : settings_(settings),
      step_deg_(step_of(geometry, grid, settings.speed_of_sound)),
      azimuths_(static_cast<std::size_t>(std::lround(360 / step_deg_))),
      mirror_(mirror_of(geometry)),
      independence_(static_cast<double>(grid.hop) / grid.size * 1.5) {
    elevations_deg_ = {0};
    if (settings.elevation) {
        const bool below =
            std::ranges::any_of(geometry.arrays, [](auto& array) { return array.dimensions() == 3; });
        elevations_deg_.clear();
        for (double e = below ? -90 + kElevationStep_deg : 0; e < 90; e += kElevationStep_deg)
            elevations_deg_.push_back(e);
    }
    for (const double elevation : elevations_deg_) {
        for (std::size_t a = 0; a < azimuths_; ++a)
            grid_.push_back(towards(static_cast<double>(a) * step_deg_, elevation));
    }
    for (const auto& array : geometry.arrays) {
        ears_.push_back({&array, PairCorrelator(array, grid, settings.speed_of_sound),
                         make_direction_score(settings.method, array, grid, settings.speed_of_sound,
                                              settings.max_sources),
                         std::vector<double>(azimuths_ + 1), std::vector<double>(azimuths_ + 1), 0, 0});
    }
    make_places(geometry);
}

void DirectionFinder::make_places(const ArrayGeometry& geometry) {
    const double baseline = geometry.baseline();
    for (const double parallax : kParallax) {
        if (parallax > 0 && baseline == 0) break;
        for (std::size_t a = 0; a < azimuths_; ++a) {
            const double azimuth = static_cast<double>(a) * step_deg_;
            if (mirror_ && towards(azimuth).dot(*mirror_) < -1e-9) continue;
            Place place{{}, azimuth};
            for (const auto& array : geometry.arrays) {
                // As seen from the array; infinitely far, every array sees the same.
                const Point seen = parallax == 0
                                       ? towards(azimuth)
                                       : Point(towards(azimuth) * baseline / parallax - array.centre);
                place.azimuth.push_back(static_cast<float>(azimuth_of(seen) / step_deg_));
            }
            places_.push_back(std::move(place));
        }
    }
}

std::vector<Sighting> DirectionFinder::find(std::span<const CrossSpectra> spectra) {
    for (std::size_t k = 0; k < ears_.size(); ++k) {
        auto& ear = ears_[k];
        ear.weight = static_cast<double>(spectra[k].weight.sum());
        if (!(ear.weight > 0)) return {};
        ear.evidence = independence_ * ear.weight * ear.weight / spectra[k].weight_squares;
        ear.correlator.correlate(spectra[k]);
        ear.score->load(spectra[k], ear.correlator);
    }
    std::vector<Sighting> found;
    // There is one time difference per pair, so only one source.
    const int sources = settings_.method == Method::gcc ? 1 : settings_.max_sources;
    for (int source = 0; source < sources; ++source) {
        for (std::size_t k = 0; k < ears_.size(); ++k) {
            // Removing a source from the cross spectra does not remove it from the subspaces of MUSIC.
            if (source == 0 || settings_.method != Method::music) {
                draw_map(ears_[k]);
            } else {
                level_peak(ears_[k], found.back()[k].azimuth_deg);
            }
        }
        const auto& place = best_place();
        Sighting sighting;
        double coherence = 0, first = 0;
        for (std::size_t k = 0; k < ears_.size(); ++k) {
            sighting.push_back(refine(ears_[k], static_cast<double>(place.azimuth[k]) * step_deg_));
            coherence += sighting.back().coherence;
            if (!found.empty()) first += found.front()[k].coherence;
        }
        if (source > 0 && coherence < kLeastOfFirst * first) break;
        found.push_back(std::move(sighting));
        if (source + 1 == sources) break;
        for (std::size_t k = 0; k < ears_.size(); ++k) {
            const auto& bearing = found.back()[k];
            ears_[k].correlator.remove(towards(bearing.azimuth_deg, bearing.elevation_deg.value_or(0)),
                                       bearing.coherence);
        }
    }
    return found;
}

void DirectionFinder::draw_map(Ear& ear) {
    for (std::size_t a = 0; a < azimuths_; ++a) {
        ear.map[a] = ear.score->at(grid_[a]);
        ear.elevation_deg[a] = elevations_deg_.front();
        for (std::size_t e = 1; e < elevations_deg_.size(); ++e) {
            const double score = ear.score->at(grid_[e * azimuths_ + a]);
            if (score <= ear.map[a]) continue;
            ear.map[a] = score;
            ear.elevation_deg[a] = elevations_deg_[e];
        }
    }
    ear.map[azimuths_] = ear.map[0];  // interpolation wraps around
    ear.elevation_deg[azimuths_] = ear.elevation_deg[0];
}

/// Removes a peak from the map, down to the minimum on either side.
void DirectionFinder::level_peak(Ear& ear, double azimuth_deg) const {
    auto& map = ear.map;
    const auto peak = static_cast<std::size_t>(std::lround(azimuth_deg / step_deg_)) % azimuths_;
    const double least = *std::ranges::min_element(map);
    std::size_t begin = peak, end = peak;
    const auto before = [&](std::size_t a) { return (a + azimuths_ - 1) % azimuths_; };
    const auto after = [&](std::size_t a) { return (a + 1) % azimuths_; };
    while (map[before(begin)] < map[begin]) begin = before(begin);
    while (map[after(end)] < map[end]) end = after(end);
    for (std::size_t a = begin; a != after(end); a = after(a)) map[a] = least;
    map[azimuths_] = map[0];
}

const DirectionFinder::Place& DirectionFinder::best_place() const {
    const Place* best = &places_.front();
    double best_score = -1e300;
    for (const auto& place : places_) {
        double score = 0;
        for (std::size_t k = 0; k < ears_.size(); ++k) {
            const auto& map = ears_[k].map;
            const auto below = std::min(static_cast<std::size_t>(place.azimuth[k]), azimuths_ - 1);
            const double part = static_cast<double>(place.azimuth[k]) - static_cast<double>(below);
            score += map[below] + part * (map[below + 1] - map[below]);
        }
        if (score <= best_score) continue;
        best_score = score;
        best = &place;
    }
    return *best;
}

Bearing DirectionFinder::refine(const Ear& ear, double azimuth_deg) const {
    const auto nearest = static_cast<std::size_t>(std::lround(azimuth_deg / step_deg_)) % azimuths_;
    double elevation_deg = ear.elevation_deg[nearest];
    double reach = 1.5 * step_deg_;
    // Successively smaller neighbourhoods, down to a parabola through points a sixteenth of a step apart.
    for (int round = 0; round < 3; ++round, reach /= 4) {
        const auto climb = [reach](double from, double part, const auto& score) {
            double best = from, best_score = score(from);
            for (int i = -4; i <= 4; ++i) {
                const double at = from + part * reach * i / 4;
                if (const double here = score(at); here > best_score) best_score = here, best = at;
            }
            const double h = part * reach / 4;
            const double before = score(best - h), after = score(best + h);
            const double bend = before - 2 * best_score + after;
            return bend < 0 ? best + h * std::clamp(0.5 * (before - after) / bend, -1.0, 1.0) : best;
        };
        azimuth_deg =
            climb(azimuth_deg, 1, [&](double at) { return ear.score->at(towards(at, elevation_deg)); });
        if (settings_.elevation) {
            elevation_deg = climb(elevation_deg, kElevationStep_deg / step_deg_, [&](double at) {
                return ear.score->at(towards(azimuth_deg, std::clamp(at, elevations_deg_.front(), 90.0)));
            });
            elevation_deg = std::clamp(elevation_deg, elevations_deg_.front(), 90.0);
        }
    }
    Bearing bearing;
    bearing.azimuth_deg = wrap_360(azimuth_deg);
    if (settings_.elevation) bearing.elevation_deg = elevation_deg;
    bearing.coherence = std::clamp(ear.correlator.coherence(towards(azimuth_deg, elevation_deg)), 0.0, 1.0);
    bearing.sd_deg = deviation_deg(ear, bearing);
    return bearing;
}

/// From the curvature κ of the coherence γ at its peak, relative to γ and per rad². With n independent pieces
/// of evidence of M microphones, phases that scatter by σ² move the peak by σ²/((M-1)·n·κ) (the sandwich
/// formula of M-estimation). Reflections, which arrive with the sound, bias all pieces alike, so that more of
/// them do not help: the second term. Its factor, and that σ² = 2(1-γ)/γ² follows errors from clear to faint
/// sounds, were found in simulated rooms.
double DirectionFinder::deviation_deg(const Ear& ear, const Bearing& bearing) const {
    constexpr double kReflections = 0.0025;
    constexpr double kLeast_deg = 0.3;  // no array is built more accurately
    constexpr double kMost_deg = 90;
    const double h = step_deg_ / 4;
    const auto gamma = [&](double shift) {
        return ear.correlator.coherence(
            towards(bearing.azimuth_deg + shift, bearing.elevation_deg.value_or(0)));
    };
    const double here = gamma(0);
    const double bend = -(gamma(-h) - 2 * here + gamma(h)) / (radians(h) * radians(h));
    if (!(here > 0) || !(bend > 0)) return kMost_deg;
    const double clear = std::min(here, 1.0);
    const double scatter = 2 * (1 - clear) / (clear * clear) * here / bend;
    const double independent = static_cast<double>(ear.array->mics.size() - 1) * std::max(1.0, ear.evidence);
    const double variance = scatter * (1 / independent + kReflections);
    return std::clamp(std::hypot(degrees(std::sqrt(variance)), kLeast_deg), kLeast_deg, kMost_deg);
}

}  // namespace earshot::locate
