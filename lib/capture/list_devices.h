#pragma once

#include <string>
#include <vector>

namespace earshot::capture {

/// A device to record from.
struct DeviceInfo {
    std::string name;         // as open_device takes it
    std::string description;  // for people
    std::string rates;        // in Hz: "44100" or "8000-192000"
    std::string channels;     // "2" or "1-8"
    bool is_default = false;
};

/// Lists the devices of the sound server, then those of ALSA.
/// @param why_none  set to the reasons why either has none, for people
std::vector<DeviceInfo> list_devices(std::vector<std::string>& why_none);

}  // namespace earshot::capture
