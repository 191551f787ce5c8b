#include "locate/sound_field.h"

namespace earshot::locate {

SoundField::SoundField(const ArrayGeometry& geometry, const FrameGrid& grid, int channels)
    : spectra_(grid, channels),
      direct_(geometry.arrays.size(), DirectSound(grid)),
      power_(grid.bins),
      weights_(geometry.arrays.size()) {
    for (const auto& array : geometry.arrays) channels_.push_back(array.channels);
}

void SoundField::push(std::span<const float> interleaved, const Sink& sink) {
    spectra_.push(interleaved, [&](const MicFrame& frame) {
        for (std::size_t k = 0; k < channels_.size(); ++k) {
            power_ = frame.power.col(channels_[k].front());
            for (std::size_t m = 1; m < channels_[k].size(); ++m) power_ += frame.power.col(channels_[k][m]);
            power_ /= static_cast<float>(channels_[k].size());
            weights_[k] = direct_[k].weigh(power_);
        }
        sink({frame, weights_});
    });
}

}  // namespace earshot::locate
