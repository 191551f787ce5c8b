#pragma once

#include <memory>
#include <optional>
#include <string>

#include "capture/live_source.h"

namespace earshot::tools {

/// open_device, in two executables. libav's libraries take 26 MB and a tenth of a second, libavdevice 20 MB
/// again, and a recorder that hears a sound card or a pipe of PCM for a year needs none of them. So
/// earshot-record is linked without (native/), and hands over to the executable that has them (any/) for what
/// only they can open.
/// Before anything else is done: goes on in the other executable if the device needs that.
/// @param raw  of standard input
void choose_executable(const std::string& device, const std::optional<audio::RawFormat>& raw);
std::unique_ptr<capture::LiveSource> open_sound(const std::string& device,
                                                const capture::CaptureOptions& options);

}  // namespace earshot::tools
