#pragma once

#include <memory>
#include <string_view>

#include "locate/cross_spectra.h"
#include "locate/pair_correlator.h"

namespace earshot::locate {

enum class Method {
    gcc,   // time difference of each pair, then the direction that fits them best
    srp,   // steered response power: the direction in which the correlations of all pairs add up
    music  // multiple signal classification: the direction orthogonal to all but the signals
};
/// @throws UsageError for another name
Method parse_method(std::string_view name);

/// How well directions explain what an array hears; the higher, the better, on a scale of the method's own.
class DirectionScore {
 public:
    virtual ~DirectionScore() = default;
    /// @param correlator  of the same spectra; must live on as long as at() is called
    virtual void load(const CrossSpectra& spectra, const PairCorrelator& correlator) = 0;
    /// @param from  unit vector towards the direction
    virtual double at(const Point& from) const = 0;
};

/// @param sources  that may sound at once, for MUSIC, which must know how many dimensions are signal
std::unique_ptr<DirectionScore> make_direction_score(Method method, const MicArray& array,
                                                     const FrameGrid& grid, double speed, int sources);

}  // namespace earshot::locate
