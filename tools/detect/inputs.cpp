#include "tools/detect/inputs.h"

#include <unistd.h>

#include <algorithm>

#include "support/error.h"

namespace earshot::tools {

std::vector<audio::Input> checked_inputs(const std::vector<std::string>& words) {
    auto inputs = audio::find_inputs(words);
    const auto standard = std::ranges::count(inputs, "-", &audio::Input::path);
    if (standard > 1) throw UsageError("standard input can be read only once");
    if (standard == 1 && ::isatty(STDIN_FILENO) == 1) {
        throw UsageError("standard input is a terminal (pipe sound into it, or name a file)");
    }
    return inputs;
}

}  // namespace earshot::tools
