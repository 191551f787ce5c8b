#pragma once

#include <string>
#include <string_view>

namespace earshot {

/// Code points of a UTF-8 text; each invalid byte becomes U+FFFD.
std::u32string utf32_from_utf8(std::string_view text);

/// UTF-8 of code points; values that are not Unicode scalar values become U+FFFD.
std::string utf8_from_utf32(std::u32string_view text);

}  // namespace earshot
