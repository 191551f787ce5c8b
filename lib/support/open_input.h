#pragma once

#include <string>

#include "support/descriptor.h"

namespace earshot {

enum class Pipes { refused, accepted };

/// The place that opens untrusted files: a named pipe in a model or a directory of recordings would hang, and
/// /dev/zero never ends. So only regular files are accepted, and pipes that somebody has opened for us, such
/// as a shell's <(...), which is a path in /dev/fd. (`-` is for the caller.)
/// @param pipes  accepted for what is read as it comes; opening waits for somebody who writes
/// @throws Error naming the path, if it cannot be opened or is something else
Descriptor open_input(const std::string& path, Pipes pipes = Pipes::refused);

}  // namespace earshot
