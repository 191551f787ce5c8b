#include "capture/live_source.h"

#include "capture/capture.h"
#include "capture/resampled_capture.h"
#include "support/error.h"

namespace earshot::capture {

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
        throw UsageError("the buffer must be 100 ms to 1 h long");
    auto source = std::make_unique<Capture>(name, std::move(open), options, clock);
    if (!options.rate_hz || *options.rate_hz == source->format().rate_hz) return source;
    return std::make_unique<ResampledCapture>(std::move(source), *options.rate_hz);
}

}  // namespace earshot::capture
