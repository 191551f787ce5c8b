#pragma once

#include <string>

namespace earshot::tools {

/// "earshot 0.1.0", and with `verbose` the version of every library, the BLAS, its kernel, the threads.
/// Libraries are asked by loading them, not at build time: what counts is what will run.
std::string version_text(bool verbose);

}  // namespace earshot::tools
