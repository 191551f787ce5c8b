#pragma once

#include "tools/tool.h"

namespace earshot::tools {

/// Prints the table of --list-devices, or a note if there are none.
Exit list_devices(Context& context);

}  // namespace earshot::tools
