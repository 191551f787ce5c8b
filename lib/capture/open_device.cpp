#include <fmt/format.h>

#include "capture/capture.h"
#include "capture/resampled_capture.h"
#include "support/error.h"

namespace earshot {
namespace {

constexpr std::string_view kAlsa = "alsa:", kPulse = "pulse:", kLavfi = "lavfi:";

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

DeviceOpener opener_of(const std::string& device) {
    const auto rest = [&](std::string_view prefix) { return device.substr(prefix.size()); };
    if (device == "-") return open_standard_input;
    if (device == "default") return open_default;
    if (device.starts_with(kPulse))
        return [name = rest(kPulse)](const DeviceRequest& request) { return open_pulse(name, request); };
    if (device.starts_with(kAlsa))
        return [name = rest(kAlsa)](const DeviceRequest& request) { return open_alsa(name, request); };
    if (device.starts_with(kLavfi))
        return [graph = rest(kLavfi)](const DeviceRequest& request) { return open_lavfi(graph, request); };
    if (is_url(device))
        return [device](const DeviceRequest& request) { return open_stream(device, request); };
    throw UsageError(
        fmt::format("'{}' names no device (write default, alsa:NAME, pulse:NAME, lavfi:GRAPH, a URL, or - "
                    "for standard input)",
                    device));
}

}  // namespace

bool is_device(std::string_view text) {
    return text == "-" || text == "default" || text.starts_with(kPulse) || text.starts_with(kAlsa) ||
           text.starts_with(kLavfi) || is_url(text);
}

std::string_view gap_cause_name(GapCause cause) {
    switch (cause) {
        case GapCause::overrun:
            return "overrun";
        case GapCause::device_lost:
            return "device lost";
        case GapCause::paused:
            return "paused";
    }
    return "";
}

std::unique_ptr<LiveSource> capture(const std::string& name, DeviceOpener open, const CaptureOptions& options,
                                    const Clock& clock) {
    if (!(options.buffer_s >= 0.1 && options.buffer_s <= 3600))
        throw UsageError("the buffer must hold 100 ms to 1 h of sound");
    auto source = std::make_unique<Capture>(name, std::move(open), options, clock);
    if (!options.rate_hz || *options.rate_hz == source->format().rate_hz) return source;
    return std::make_unique<ResampledCapture>(std::move(source), *options.rate_hz);
}

std::unique_ptr<LiveSource> open_device(const std::string& device, const CaptureOptions& options) {
    return capture(device, opener_of(device), options);
}

}  // namespace earshot
