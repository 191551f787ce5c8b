#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "audio/libav_input.h"
#include "audio/packet_decoder.h"
#include "capture/source_device.h"
#include "support/error.h"

namespace earshot::capture {
namespace {

constexpr std::size_t kBlockFrames = 4096;
constexpr auto kSilence = std::chrono::seconds(10);  // of a connection, after which it counts as lost

/// A URL. The stream comes as fast as the other side sends it.
class StreamDevice : public SourceDevice {
    /// Says that nothing came rather than what libav makes of our giving up.
    template <class Work>
    auto guard(Work work) {
        try {
            return work();
        } catch (const Error&) {
            if (late()) throw silent();
            throw;
        }
    }

 public:
    StreamDevice(const std::string& url, const DeviceRequest& request)
        : name_(url), stop_(request.stop), opened_(std::chrono::steady_clock::now()) {
        alive();
        guard([&] {
            auto input =
                std::make_unique<audio::LibavInput>(url, url, "", [this] { return stop_() || late(); });
            finite_ = input->stated_end().has_value();
            source_ = std::make_unique<audio::PacketDecoder>(
                std::move(input), audio::ChannelChoice{audio::ChannelChoice::Kind::all, 0});
            return 0;
        });
    }

    /// Closing a connection, libav asks whether it shall stop: while there is somebody to ask.
    ~StreamDevice() override { source_.reset(); }

    DeviceBlock read() override {
        alive();
        const auto asked = std::chrono::steady_clock::now();
        auto block = guard([&] { return next(kBlockFrames); });
        if (!live_) date_backlog(block, asked);
        if (block.ended && late()) throw silent();
        if (block.ended && !finite_ && !stop_()) throw Error(name_ + ": the stream ended");
        return block;
    }

 private:
    /// Before anything is heard, libav reads ahead to find out what comes, up to seconds of it, and a server
    /// may begin with what it sent to others. Until we have to wait for sound, it is sound since the
    /// connection was made, not from just now.
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
    void alive() { deadline_ = std::chrono::steady_clock::now() + kSilence; }
    bool late() const { return std::chrono::steady_clock::now() > deadline_; }
    Error silent() const { return Error(fmt::format("{}: no answer for {} s", name_, kSilence.count())); }

    const std::string name_;
    const std::function<bool()> stop_;
    const SteadyTime opened_;
    std::int64_t frames_ = 0;  // until it is live
    bool live_ = false;
    SteadyTime deadline_{};
    bool finite_ = false;  // a file on a server rather than a stream
};

}  // namespace

std::unique_ptr<Device> open_stream(const std::string& url, const DeviceRequest& request) {
    return std::make_unique<StreamDevice>(url, request);
}

std::unique_ptr<Device> open_standard_input(const DeviceRequest& request) {
    audio::SourceOptions options;
    options.channels.kind = audio::ChannelChoice::Kind::all;
    options.raw = request.raw;
    options.stop = request.stop;
    return device_of(audio::open_source("-", options));
}

}  // namespace earshot::capture
