#include "tools/record/archive_sink.h"

#include <fmt/format.h>

namespace earshot::tools {

void ArchiveSink::tick() {
    archive_.retain(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

std::string ArchiveSink::summary() const {
    const auto segments = recorder_.statistics().segments;
    return fmt::format("{} segment{}", segments, segments == 1 ? "" : "s");
}

}  // namespace earshot::tools
