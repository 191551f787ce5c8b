#include "support/utf8.h"

namespace earshot {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_scalar(char32_t point) { return point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF); }

/// The code point that text begins with and its length in bytes: RFC 3629, section 3.
std::pair<char32_t, std::size_t> first_point(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // lower ones are overlong
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {kReplacement, 1};
    char32_t point = lead & (0x7F >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {kReplacement, 1};
        point = point << 6 | (byte(i) & 0x3F);
    }
    if (point < kLeast[length] || !is_scalar(point)) return {kReplacement, 1};
    return {point, length};
}

}  // namespace

std::u32string utf32_from_utf8(std::string_view text) {
    std::u32string points;
    points.reserve(text.size());
    while (!text.empty()) {
        const auto [point, length] = first_point(text);
        points += point;
        text.remove_prefix(length);
    }
    return points;
}

std::string utf8_from_utf32(std::u32string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (char32_t point : text) {
        if (!is_scalar(point)) point = kReplacement;
        const auto tail = [&](int shift) { bytes += static_cast<char>(0x80 | (point >> shift & 0x3F)); };
        if (point < 0x80) {
            bytes += static_cast<char>(point);
        } else if (point < 0x800) {
            bytes += static_cast<char>(0xC0 | point >> 6);
            tail(0);
        } else if (point < 0x10000) {
            bytes += static_cast<char>(0xE0 | point >> 12);
            tail(6), tail(0);
        } else {
            bytes += static_cast<char>(0xF0 | point >> 18);
            tail(12), tail(6), tail(0);
        }
    }
    return bytes;
}

}  // namespace earshot
