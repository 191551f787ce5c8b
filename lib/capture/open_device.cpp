#include <fmt/format.h>

#include "capture/device.h"
#include "support/error.h"

namespace earshot::capture {
namespace {

constexpr std::string_view kAlsa = "alsa:", kPulse = "pulse:", kLavfi = "lavfi:";

}  // namespace

bool is_device(std::string_view text) {
    return text == "-" || text == "default" || text.starts_with(kPulse) || text.starts_with(kAlsa) ||
           text.starts_with(kLavfi) || audio::is_url(text);
}

std::unique_ptr<LiveSource> open_device(const std::string& device, const CaptureOptions& options) {
    if (!is_device(device))
        throw UsageError(
            fmt::format("'{}' is not a device (use default, alsa:NAME, pulse:NAME, lavfi:GRAPH, a URL, or - "
                        "for standard input)",
                        device));
    const auto open = [device](const DeviceRequest& request) {
        if (device == "-") return open_standard_input(request);
        if (device == "default") return open_default(request);
        if (device.starts_with(kPulse)) return open_pulse(device.substr(kPulse.size()), request);
        if (device.starts_with(kAlsa)) return open_alsa(device.substr(kAlsa.size()), request);
        if (device.starts_with(kLavfi)) return open_lavfi(device.substr(kLavfi.size()), request);
        return open_stream(device, request);
    };
    return capture(device, open, options);
}

}  // namespace earshot::capture
