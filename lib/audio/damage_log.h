#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"

namespace earshot::audio {

/// Collects damage. Damage less than a second apart counts as one place; after a hundred places it only notes
/// that there are more.
class DamageLog {
 public:
    void add(double position_s, std::string what);

    /// Replaces samples that are not finite numbers by 0 and counts them as one damage.
    /// @param position_s  of the first of `samples`
    void clean(std::span<float> samples, double position_s);

    std::span<const Damage> all() const { return damage_; }

 private:
    std::vector<Damage> damage_;
    double last_s_ = -1e9;  // where the last one was, kept or not
    std::size_t non_finite_ = 0;
    std::optional<std::size_t> non_finite_index_;  // in damage_
};

}  // namespace earshot::audio
