#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace earshot::tools {

struct CommandInfo {
    std::string_view name;
    std::string_view summary;
    bool loads_torch;
    /// Whether this build has it: train may be left out, and LibTorch with it.
    bool built() const { return EARSHOT_TRAIN != 0 || !loads_torch; }
};

/// The table of commands.def, in the order in which help lists them.
std::span<const CommandInfo> commands();
std::optional<CommandInfo> find_command(std::string_view name);

}  // namespace earshot::tools
