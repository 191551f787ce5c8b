#pragma once

#include <optional>
#include <string>

#include "support/console.h"
#include "support/descriptor.h"

namespace earshot::tools {

/// Switches a recorder on and off from outside: SIGUSR1 and SIGUSR2, and a file that holds
/// {"recording": true} or false. The file need not exist, and may be replaced or written in place.
class Control {
 public:
    /// @param file  "" for signals only. @throws Error if its directory cannot be watched
    Control(const std::string& file, Console& console);

    /// What was asked for since the last call, the latest; the first call tells what the file says.
    std::optional<bool> changed();

 private:
    std::optional<bool> read_file();

    std::string file_;
    Console& console_;
    Descriptor watch_;
    bool look_ = false;  // at the file, for it may have changed
};

}  // namespace earshot::tools
