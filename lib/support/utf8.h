#pragma once

#include <string>
#include <string_view>

namespace earshot {

/// Code points of a UTF-8 text; each byte that is part of none becomes U+FFFD.
std::u32string utf32_from_utf8(std::string_view text);

/// UTF-8 of code points; what is no Unicode scalar value becomes U+FFFD.
std::string utf8_from_utf32(std::u32string_view text);

}  // namespace earshot
