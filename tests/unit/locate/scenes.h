#pragma once

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "locate/angles.h"
#include "locate/geometry.h"

namespace earshot::testing_scenes {

/// Partials of random frequency and phase that swell and fade as bursts: a sound with a value at every
/// instant, so that delays need no interpolation.
class Sound {
 public:
    Sound(unsigned seed, double low_hz, double high_hz, int partials = 64) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> hz(low_hz, high_hz), turn(0, 2 * std::numbers::pi);
        for (int i = 0; i < partials; ++i)
            partials_.push_back({2 * std::numbers::pi * hz(random), turn(random)});
    }
    /// 20 ms bursts around 0.2 s, 0.35 s, 0.5 s, ... until 1.4 s. Variance about 1 at their middle.
    double at(double t) const {
        double envelope = 0;
        for (double middle = 0.2; middle < 1.45; middle += 0.15)
            envelope += std::exp(-0.5 * std::pow((t - middle) / 0.02, 2));
        if (envelope < 1e-5) return 0;
        double sum = 0;
        for (const auto& [omega, phase] : partials_) sum += std::sin(omega * t + phase);
        return envelope * sum * std::sqrt(2.0 / static_cast<double>(partials_.size()));
    }

 private:
    struct Partial {
        double omega, phase;
    };
    std::vector<Partial> partials_;
};

/// Adds a sound as all channels hear it, interleaved. `delay_s` gives each microphone's delay for its
/// position.
template <class Delay>
void add_sound(std::vector<float>& samples, const locate::ArrayGeometry& geometry, int rate_hz,
               const Sound& sound, const Delay& delay_s) {
    const auto frames = samples.size() / static_cast<std::size_t>(geometry.channels);
    for (const auto& array : geometry.arrays) {
        for (std::size_t m = 0; m < array.mics.size(); ++m) {
            const double delay = delay_s(array.mics[m]);
            for (std::size_t n = 0; n < frames; ++n) {
                samples[n * static_cast<std::size_t>(geometry.channels) +
                        static_cast<std::size_t>(array.channels[m])] +=
                    static_cast<float>(0.2 * sound.at(static_cast<double>(n) / rate_hz - delay));
            }
        }
    }
}

inline constexpr double kSpeed = 343;

/// A plane wave from a direction.
inline auto plane_wave(double azimuth_deg, double elevation_deg = 0) {
    return [from = locate::towards(azimuth_deg, elevation_deg)](const locate::Point& mic) {
        return -mic.dot(from) / kSpeed;
    };
}

/// A spherical wave from a place; its fading with distance left out.
inline auto source_at(const locate::Point& place) {
    return [place](const locate::Point& mic) { return (place - mic).norm() / kSpeed; };
}

/// White noise of each microphone's own, `snr_db` below the middle of the bursts.
inline void add_noise(std::vector<float>& samples, double snr_db, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> noise(0, static_cast<float>(0.2 * std::pow(10, -snr_db / 20)));
    for (auto& sample : samples) sample += noise(random);
}

inline locate::MicArray square(double centre_x, double side, int first_channel) {
    locate::MicArray array{"square", {centre_x, 0, 0}, {}, {}};
    const double h = side / 2;
    for (const auto& [x, y] : {std::pair{-h, h}, {h, h}, {h, -h}, {-h, -h}}) {
        array.mics.emplace_back(centre_x + x, y, 0);
        array.channels.push_back(first_channel++);
    }
    return array;
}

inline locate::ArrayGeometry one_square(double side = 0.064) {
    return {"square", {square(0, side, 0)}, 4, {}, {}};
}
inline locate::ArrayGeometry two_squares(double apart = 0.175) {
    return {"head", {square(-apart / 2, 0.064, 0), square(apart / 2, 0.064, 4)}, 8, {}, {}};
}
inline locate::ArrayGeometry line(int mics = 4, double spacing = 0.033) {
    locate::MicArray array{"line", locate::Point::Zero(), {}, {}};
    for (int m = 0; m < mics; ++m) {
        array.mics.emplace_back((m - (mics - 1) / 2.0) * spacing, 0, 0);
        array.channels.push_back(m);
    }
    return {"line", {array}, mics, {}, {}};
}

inline std::vector<float> silence(const locate::ArrayGeometry& geometry, double seconds, int rate_hz) {
    return std::vector<float>(static_cast<std::size_t>(seconds * rate_hz) *
                              static_cast<std::size_t>(geometry.channels));
}

}  // namespace earshot::testing_scenes
