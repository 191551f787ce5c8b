#include <fmt/format.h>

#include "capture/device.h"
#include "support/error.h"

namespace earshot::capture {
namespace {

constexpr std::string_view kLavfi = "lavfi:";

}  // namespace

std::unique_ptr<LiveSource> open_device(const std::string& device, const CaptureOptions& options) {
    if (!is_device(device))
        throw UsageError(
            fmt::format("'{}' names no device (default, alsa:NAME, pulse:NAME, lavfi:GRAPH, a URL, or -, "
                        "standard input)",
                        device));
    const auto open = [device](const DeviceRequest& request) -> std::unique_ptr<Device> {
        if (is_native_device(device)) return open_native(device, request);
        if (device.starts_with(kLavfi)) return open_lavfi(device.substr(kLavfi.size()), request);
        if (device == "-") return open_standard_input(request);
        return open_stream(device, request);
    };
    return capture(device, open, options);
}

}  // namespace earshot::capture
