#pragma once

#include <span>
#include <string>
#include <string_view>

namespace earshot {

/// The candidate nearest to what was typed, if near enough to be meant (a third of its letters), else empty.
/// Distance: insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
std::string nearest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace earshot
