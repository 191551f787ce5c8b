#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace earshot::train {

/// Random numbers that are the same on every platform, unlike those of the standard's distributions.
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) costs nothing to seed, so that each window can have its
/// own.
class Random {
 public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// In [0, 1).
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    /// In [low, high).
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// From 0 to `last`, uniform but for a bias below last / 2^64.
    std::int64_t whole(std::int64_t last) {
        return static_cast<std::int64_t>(bits() % (static_cast<std::uint64_t>(last) + 1));
    }
    /// Mean 0, deviation 1 (Box and Muller, 1958).
    double normal() {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }

 private:
    std::uint64_t state_;
};

}  // namespace earshot::train
