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

/// What one read() of a device returns.
struct DeviceBlock {
    std::span<const float> samples;  // interleaved; empty if there are none yet
    SteadyTime end{};                // when the last of them sounded, as exactly as the device knows
    std::int64_t lost = 0;           // frames lost before them, if the device can count them
    bool discontinuous = false;      // frames were lost before them; only the clock can tell how many
    bool ended = false;              // no more will follow
};

/// An open, running device, read only by the capture thread.
class Device {
 public:
    virtual ~Device() = default;
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    virtual audio::AudioFormat format() const = 0;

    /// Waits for sound, for a fifth of a second at most or until the `stop` of its request returns true. The
    /// view is valid until the next call.
    /// @throws Error if the device is lost or failed: the caller reopens it
    virtual DeviceBlock read() = 0;

    /// True if it can be read at any pace without loss: a pipe, or a filter graph at full speed.
    virtual bool can_wait() const { return false; }

    virtual std::vector<audio::Damage> damage() const { return {}; }
};

/// What is requested of a device.
struct DeviceRequest {
    std::optional<int> rate_hz, channels;  // default: the device's own
    double block_s = 0.02;
    bool paced = true;
    std::optional<audio::RawFormat> raw;
    std::function<bool()> stop;  // true once the capture ends: stop connecting
};

/// Opens the same device on every call. @throws Error that starts with the name of the device
using DeviceOpener = std::function<std::unique_ptr<Device>(const DeviceRequest&)>;

/// The default source of the sound server; without a server, of ALSA.
std::unique_ptr<Device> open_default(const DeviceRequest& request);
std::unique_ptr<Device> open_pulse(const std::string& name, const DeviceRequest& request);
std::unique_ptr<Device> open_alsa(const std::string& name, const DeviceRequest& request);
std::unique_ptr<Device> open_lavfi(const std::string& graph, const DeviceRequest& request);
std::unique_ptr<Device> open_stream(const std::string& url, const DeviceRequest& request);
std::unique_ptr<Device> open_standard_input(const DeviceRequest& request);

/// Captures what `open` opens; open_device is made of it. The clock must outlive it.
std::unique_ptr<LiveSource> capture(const std::string& name, DeviceOpener open, const CaptureOptions& options,
                                    const Clock& clock = system_clocks());

}  // namespace earshot::capture
