#include <algorithm>
#include <utility>

#include "audio/libav_input.h"
#include "audio/packet_decoder.h"
#include "capture/source_device.h"
#include "support/error.h"

namespace earshot::capture {
namespace {

constexpr std::size_t kStreamBlockFrames = 4096;

/// A URL. The server sets the pace.
class StreamDevice : public SourceDevice {
 public:
    StreamDevice(const std::string& url, const DeviceRequest& request)
        : name_(url), stop_(request.stop), opened_(std::chrono::steady_clock::now()) {
        auto input = std::make_unique<audio::LibavInput>(url, url, "", request.stop);
        finite_ = input->stated_end().has_value();
        source_ = std::make_unique<audio::PacketDecoder>(
            std::move(input), audio::ChannelChoice{audio::ChannelChoice::Kind::all, 0});
    }

    DeviceBlock read() override {
        const auto asked = std::chrono::steady_clock::now();
        auto block = next(kStreamBlockFrames);
        if (!live_) date_backlog(block, asked);
        if (block.ended && !finite_ && !stop_()) throw Error(name_ + ": the stream ended");
        return block;
    }

 private:
    /// At the start, libav reads ahead up to some seconds to identify the stream, and a server may begin with
    /// a backlog. Until we first have to wait for sound, its time is counted from the start of the connection
    /// rather than taken from the clock.
    void date_backlog(DeviceBlock& block, SteadyTime asked) {
        const auto duration = [&](std::int64_t frames) {
            const std::chrono::duration<double> seconds(static_cast<double>(frames) / format().rate_hz);
            return std::chrono::duration_cast<SteadyTime::duration>(seconds);
        };
        const auto frames = static_cast<std::int64_t>(block.samples.size()) / format().channels;
        frames_ += frames;
        live_ = block.end - asked > duration(frames) / 2;
        if (!live_) block.end = std::min(block.end, opened_ + duration(frames_));
    }

    const std::string name_;
    const std::function<bool()> stop_;
    const SteadyTime opened_;
    std::int64_t frames_ = 0;  // of the backlog
    bool live_ = false;
    bool finite_ = false;  // a file on a server, not a stream
};

}  // namespace

std::unique_ptr<Device> open_stream(const std::string& url, const DeviceRequest& request) {
    return std::make_unique<StreamDevice>(url, request);
}

}  // namespace earshot::capture
