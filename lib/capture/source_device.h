#pragma once

#include <memory>
#include <vector>

#include "capture/device.h"

namespace earshot::capture {

/// A decoded source as a device.
class SourceDevice : public Device {
 public:
    audio::AudioFormat format() const override { return source_->format(); }
    std::vector<audio::Damage> damage() const override {
        const auto damage = source_->damage();
        return {damage.begin(), damage.end()};
    }

 protected:
    DeviceBlock next(std::size_t max_frames) {
        DeviceBlock block;
        block.samples = source_->read(max_frames);
        block.ended = block.samples.empty();
        block.end = std::chrono::steady_clock::now();
        return block;
    }
    std::unique_ptr<audio::Source> source_;
};

}  // namespace earshot::capture
