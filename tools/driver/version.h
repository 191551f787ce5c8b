#pragma once

#include <string>
#include <utility>
#include <vector>

namespace earshot::tools {

/// "earshot 0.1.0", and with `verbose` the version of every library, the BLAS, its kernel, the threads.
/// Libraries are asked by loading them, not at build time: what counts is what will run.
std::string version_text(bool verbose);

/// Every library that sound and figures go through, and its version; which BLAS, and its kernel.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace earshot::tools
