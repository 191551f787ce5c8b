#pragma once

#include <span>
#include <string>
#include <string_view>

namespace earshot {

/// The candidate closest to what was typed, if within a third of its letters; otherwise empty.
/// Distance: insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
std::string nearest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace earshot
