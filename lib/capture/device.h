#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/clock.h"
#include "capture/live_source.h"

namespace earshot::capture {

/// What a device delivers at once.
struct DeviceBlock {
    std::span<const float> samples;  // interleaved; empty if there is nothing yet
    SteadyTime end{};                // when the last of them sounded, as well as the device knows
    std::int64_t lost = 0;           // frames missing before them, which the device could count
    bool discontinuous = false;      // frames are missing before them, which only the clock can count
    bool ended = false;              // nothing will follow
};

/// A device that is open and running, read by the capture thread alone.
class Device {
 public:
    virtual ~Device() = default;
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    virtual audio::AudioFormat format() const = 0;

    /// Waits for more: a fifth of a second at most, or while the `stop` that it was opened with says no. The
    /// view holds until the next call.
    /// @throws Error when the device has gone or failed: it will be opened anew
    virtual DeviceBlock read() = 0;

    /// True if it waits until it is read, so that nothing is ever lost: a pipe, a filter graph at full speed.
    virtual bool can_wait() const { return false; }

    virtual std::vector<audio::Damage> damage() const { return {}; }
};

/// What is asked of a device that is opened.
struct DeviceRequest {
    std::optional<int> rate_hz, channels;  // the device's own if not given
    double block_s = 0.02;
    bool paced = true;
    std::optional<audio::RawFormat> raw;
    std::function<bool()> stop;  // true once the capture ends: a connection that is being made gives up
};

/// Opens the same device each time. @throws Error that starts with the device's name
using DeviceOpener = std::function<std::unique_ptr<Device>(const DeviceRequest&)>;

/// `default`, `pulse:...` and `alsa:...`: those that need no libav.
bool is_native_device(std::string_view device);
std::unique_ptr<Device> open_native(const std::string& device, const DeviceRequest& request);

std::unique_ptr<Device> open_pulse(const std::string& name, const DeviceRequest& request);
std::unique_ptr<Device> open_alsa(const std::string& name, const DeviceRequest& request);
std::unique_ptr<Device> open_lavfi(const std::string& graph, const DeviceRequest& request);
std::unique_ptr<Device> open_stream(const std::string& url, const DeviceRequest& request);
std::unique_ptr<Device> open_standard_input(const DeviceRequest& request);

/// Standard input where it is a pipe of PCM, with or without a header, which needs no libav. Looking takes
/// nothing from the pipe, but waits until there is something. @throws Interrupted
bool standard_input_is_pcm(const std::optional<audio::RawFormat>& raw);
std::unique_ptr<Device> open_pcm_input(const DeviceRequest& request);

/// A capture of what `open` opens; open_device is made of it. The clock must outlive it.
std::unique_ptr<LiveSource> capture(const std::string& name, DeviceOpener open, const CaptureOptions& options,
                                    const Clock& clock = system_clocks());

}  // namespace earshot::capture
