#pragma once

#include <optional>
#include <string>

#include "support/console.h"
#include "support/descriptor.h"

namespace earshot::tools {

/// Pauses and resumes a recorder from outside: by SIGUSR1 and SIGUSR2, and by a file that holds
/// {"recording": true} or false. The file need not exist, and may be replaced or written in place.
class Control {
 public:
    /// @param file  "" for signals only. @throws Error if its directory cannot be watched
    Control(const std::string& file, Console& console);

    /// The latest request since the last call. The first call returns what the file says.
    std::optional<bool> changed();

 private:
    std::optional<bool> read_file();

    std::string file_;
    Console& console_;
    Descriptor watch_;
    bool look_ = false;  // the file may have changed
};

}  // namespace earshot::tools
