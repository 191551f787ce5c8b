#include "locate/direct_sound.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace earshot::locate {
namespace {

constexpr double kNoiseMemory_s = 2.0;
constexpr std::size_t kMinima = 8;    // parts of the two seconds
constexpr float kSmoothing = 0.8F;    // of power before taking its minimum, per frame
constexpr float kMinimumBias = 2.0F;  // mean of noise over the minimum of its smoothed power
constexpr float kNoiseExcess = 2.0F;  // bins count from twice the noise
constexpr double kRt60_s = 0.4;       // a living room
constexpr double kDirect_s = 0.032;   // later sound is reverberation
constexpr float kReverberationExcess = 4.0F;

constexpr float kTiny = 1e-20F;  // so that digital silence has no weight

}  // namespace

DirectSound::DirectSound(const FrameGrid& grid)
    : decay_(static_cast<float>(std::pow(10, -6 * grid.hop_s() / kRt60_s))),
      frames_a_minimum_(static_cast<int>(std::lround(kNoiseMemory_s / kMinima / grid.hop_s()))),
      smoothed_(Eigen::ArrayXf::Zero(grid.bins)),
      minima_(kMinima, Eigen::ArrayXf::Constant(grid.bins, std::numeric_limits<float>::max())),
      noise_floor_(minima_.front()),
      noise_(grid.bins),
      reverberation_(Eigen::ArrayXf::Zero(grid.bins)),
      weight_(grid.bins),
      past_(static_cast<std::size_t>(std::lround(kDirect_s / grid.hop_s())),
            Eigen::ArrayXf::Zero(grid.bins)) {
    minimum_ = minima_.front();
}

const Eigen::ArrayXf& DirectSound::weigh(const Eigen::ArrayXf& power) {
    follow_noise(power);
    auto& oldest = past_[static_cast<std::size_t>(frames_) % past_.size()];
    weight_ =
        (power - kNoiseExcess * noise_ - kReverberationExcess * reverberation_).max(0) / (power + kTiny);
    reverberation_ = decay_ * reverberation_.max(oldest);
    oldest = power;
    ++frames_;
    return weight_;
}

void DirectSound::follow_noise(const Eigen::ArrayXf& power) {
    if (frames_ == 0) smoothed_ = power;
    smoothed_ = kSmoothing * smoothed_ + (1 - kSmoothing) * power;
    minimum_ = minimum_.min(smoothed_);
    if (frames_ % frames_a_minimum_ == frames_a_minimum_ - 1) {
        minima_[static_cast<std::size_t>(frames_ / frames_a_minimum_) % kMinima] = minimum_;
        minimum_ = smoothed_;
        noise_floor_ = minima_.front();
        for (const auto& earlier : minima_) noise_floor_ = noise_floor_.min(earlier);
    }
    noise_ = kMinimumBias * noise_floor_.min(minimum_);
}

}  // namespace earshot::locate
