#include "tools/record/open_sound.h"

namespace earshot::tools {

void choose_executable(const std::string&, const std::optional<RawFormat>&) {}

std::unique_ptr<LiveSource> open_sound(const std::string& device, const CaptureOptions& options) {
    return open_device(device, options);
}

}  // namespace earshot::tools
