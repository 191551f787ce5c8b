#include "batch/shard.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "support/error.h"

namespace earshot::batch {
namespace {

std::optional<std::size_t> parse_number(std::string_view text) {
    std::size_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

Shard parse_shard(const std::string& text) {
    constexpr std::size_t kMostShards = 1'000'000;
    const auto slash = text.find('/');
    if (slash != std::string::npos) {
        const auto index = parse_number(std::string_view(text).substr(0, slash));
        const auto count = parse_number(std::string_view(text).substr(slash + 1));
        if (index && count && *index >= 1 && *index <= *count && *count <= kMostShards)
            return {*index, *count};
    }
    throw UsageError(fmt::format("--shard {}: expected I/N (part I of N), such as 1/8", text));
}

}  // namespace earshot::batch
