#include "tools/record/open_sound.h"

namespace earshot::tools {

void choose_executable(const std::string&, const std::optional<audio::RawFormat>&) {}

std::unique_ptr<capture::LiveSource> open_sound(const std::string& device,
                                                const capture::CaptureOptions& options) {
    return capture::open_device(device, options);
}

}  // namespace earshot::tools
