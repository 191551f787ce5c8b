#include <fmt/format.h>

#include "capture/device.h"
#include "support/error.h"

namespace earshot::capture {
namespace {

constexpr std::string_view kAlsa = "alsa:", kPulse = "pulse:";

/// The sound server, else what ALSA takes for the default.
std::unique_ptr<Device> open_default(const DeviceRequest& request) {
    std::string why;
    try {
        return open_pulse("", request);
    } catch (const Error& error) {
        why = error.what();
    }
    try {
        return open_alsa("default", request);
    } catch (const Error& error) {
        throw Error(fmt::format("no default device: {}; {}", why, error.what()));
    }
}

}  // namespace

bool is_native_device(std::string_view device) {
    return device == "default" || device.starts_with(kPulse) || device.starts_with(kAlsa);
}

bool is_device(std::string_view text) {
    return text == "-" || is_native_device(text) || text.starts_with("lavfi:") || audio::is_url(text);
}

std::unique_ptr<Device> open_native(const std::string& device, const DeviceRequest& request) {
    if (device == "default") return open_default(request);
    if (device.starts_with(kPulse)) return open_pulse(device.substr(kPulse.size()), request);
    return open_alsa(device.substr(kAlsa.size()), request);
}

}  // namespace earshot::capture
