#include <fmt/format.h>

#include "capture/device.h"
#include "support/error.h"

namespace earshot::capture {

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

}  // namespace earshot::capture
