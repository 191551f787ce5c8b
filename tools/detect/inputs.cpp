#include "tools/detect/inputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "support/error.h"

namespace earshot::tools {

std::vector<audio::Input> checked_inputs(const std::vector<std::string>& words) {
    auto inputs = audio::find_inputs(words);
    const auto standard = std::ranges::count(inputs, "-", &audio::Input::path);
    if (standard > 1) throw UsageError("standard input can be read once only");
    if (standard == 1 && ::isatty(STDIN_FILENO) == 1) {
        throw UsageError("standard input is a terminal (pipe sound into it, or name a file)");
    }
    return inputs;
}

std::vector<std::string> paths_of(const std::vector<audio::Input>& inputs) {
    std::vector<std::string> paths;
    for (const auto& input : inputs) paths.push_back(input.path);
    return paths;
}

Shard parse_shard(const std::string& text) {
    const auto slash = text.find('/');
    Shard shard;
    const bool fits = slash != std::string::npos &&
                      CLI::detail::lexical_cast(text.substr(0, slash), shard.index) &&
                      CLI::detail::lexical_cast(text.substr(slash + 1), shard.count) && shard.index >= 1 &&
                      shard.index <= shard.count && shard.count <= 1'000'000;
    if (!fits)
        throw UsageError(fmt::format("--shard {}: should be I/N, the I-th part of N, such as 1/8", text));
    return shard;
}

}  // namespace earshot::tools
