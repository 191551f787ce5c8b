#pragma once

#include <memory>
#include <string_view>

#include "locate/cross_spectra.h"
#include "locate/pair_correlator.h"

namespace earshot::locate {

enum class Method {
    gcc,   // time difference of each pair, then the direction that fits them best
    srp,   // steered response power: the direction in which the correlations of all pairs add up
    music  // multiple signal classification: the direction orthogonal to the noise subspace
};
/// @throws UsageError for another name
Method parse_method(std::string_view name);

/// How well a direction explains the signals of an array. Higher is better; the scale depends on the method.
class DirectionScore {
 public:
    virtual ~DirectionScore() = default;
    /// @param correlator  of the same spectra; must outlive this
    virtual void load(const CrossSpectra& spectra, const PairCorrelator& correlator) = 0;
    /// @param from  unit vector towards the direction
    virtual double at(const Point& from) const = 0;
};

/// @param sources  simultaneous sources, for MUSIC, which must know the dimension of the signal subspace
std::unique_ptr<DirectionScore> make_direction_score(Method method, const MicArray& array,
                                                     const FrameGrid& grid, double speed, int sources);

}  // namespace earshot::locate
