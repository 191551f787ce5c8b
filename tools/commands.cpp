#include "tools/commands.h"

#include <algorithm>
#include <array>

namespace earshot::tools {
namespace {

constexpr bool core = false, locate = false, exchange = false;
constexpr bool model = true;

constexpr std::array kCommands{
#define EARSHOT_COMMAND(name, library, summary) CommandInfo{#name, summary, library},
#include "tools/commands.def"
#undef EARSHOT_COMMAND
};

}  // namespace

std::span<const CommandInfo> commands() { return kCommands; }

std::optional<CommandInfo> find_command(std::string_view name) {
    const auto found = std::ranges::find(kCommands, name, &CommandInfo::name);
    return found == kCommands.end() ? std::nullopt : std::optional(*found);
}

}  // namespace earshot::tools
