#pragma once

#include "tools/tool.h"

namespace earshot::tools {

/// The table of --list-devices; says so if there is nothing to list.
Exit list_devices(Context& context);

}  // namespace earshot::tools
