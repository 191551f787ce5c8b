#include <thread>

#include "audio/libav.h"
#include "audio/libav_input.h"
#include "audio/packet_decoder.h"
#include "capture/source_device.h"

namespace earshot::capture {
namespace {

constexpr std::size_t kBlockFrames = 4096;  // at full speed

/// A filter graph, at full speed or paced by the clock.
class LavfiDevice : public SourceDevice {
 public:
    LavfiDevice(const std::string& graph, const DeviceRequest& request) : paced_(request.paced) {
        audio::libav::avdevice_register_all();  // registers the demuxer of filter graphs
        source_ = std::make_unique<audio::PacketDecoder>(
            std::make_unique<audio::LibavInput>("lavfi:" + graph, graph, "lavfi", request.stop),
            audio::ChannelChoice{audio::ChannelChoice::Kind::all, 0});
        block_frames_ =
            paced_ ? std::max<std::size_t>(1, static_cast<std::size_t>(request.block_s * format().rate_hz))
                   : kBlockFrames;
    }
    bool can_wait() const override { return !paced_; }

    DeviceBlock read() override {
        if (!paced_) return next(block_frames_);
        using Clock = std::chrono::steady_clock;
        if (begin_ == SteadyTime{}) begin_ = Clock::now();
        auto block = next(block_frames_);
        frames_ += static_cast<std::int64_t>(block.samples.size()) / format().channels;
        // A sample is available once it would have sounded.
        block.end = begin_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                 static_cast<double>(frames_) / format().rate_hz));
        std::this_thread::sleep_until(block.end);
        return block;
    }

 private:
    const bool paced_;
    std::size_t block_frames_ = 0;
    SteadyTime begin_{};
    std::int64_t frames_ = 0;
};

}  // namespace

std::unique_ptr<Device> open_lavfi(const std::string& graph, const DeviceRequest& request) {
    return std::make_unique<LavfiDevice>(graph, request);
}

}  // namespace earshot::capture
