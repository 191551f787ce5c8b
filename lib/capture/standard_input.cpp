#include "audio/source.h"
#include "capture/source_device.h"

namespace earshot::capture {
namespace {

constexpr std::size_t kPcmBlockFrames = 4096;

/// Read at the speed of the reader.
class StandardInput : public SourceDevice {
 public:
    explicit StandardInput(const DeviceRequest& request) {
        audio::SourceOptions options;
        options.channels.kind = audio::ChannelChoice::Kind::all;
        options.raw = request.raw;
        options.stop = request.stop;
        source_ = audio::open_source("-", options);
    }
    bool can_wait() const override { return true; }
    DeviceBlock read() override { return next(kPcmBlockFrames); }
};

}  // namespace

std::unique_ptr<Device> open_standard_input(const DeviceRequest& request) {
    return std::make_unique<StandardInput>(request);
}

}  // namespace earshot::capture
