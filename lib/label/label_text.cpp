#include "label/label_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "support/error.h"
#include "support/time_text.h"

namespace earshot::label {
namespace {

/// Length in bytes of the UTF-8 character at the start; 0 if invalid (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0; };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0) == 0xE0 ? 3 : 4;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    // The second byte's range excludes overlong forms, surrogates and code points beyond U+10FFFF.
    const int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    return length;
}

/// Offset of the first byte that is not UTF-8; the size if there is none.
std::size_t utf8_end(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto length = utf8_length(text.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return text.size();
}

std::string not_utf8(char byte) {
    return fmt::format("not UTF-8 at byte 0x{:02x} (try iconv -f latin1 -t utf-8)",
                       static_cast<std::uint8_t>(byte));
}

auto line_of(std::string_view text, std::size_t place) {
    return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), '\n');
}

}  // namespace

std::string_view table_text(std::string_view text, const std::string& name) {
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        throw Error(fmt::format("{}: UTF-16, expected UTF-8 (try iconv -f utf-16 -t utf-8)", name));
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        throw Error(fmt::format("{}: line {}: binary data, expected text", name, line_of(text, zero)));
    return text;
}

std::string_view plain_text(std::string_view text, const std::string& name) {
    text = table_text(text, name);
    if (const auto end = utf8_end(text); end < text.size())
        throw Error(fmt::format("{}: line {}: {}", name, line_of(text, end), not_utf8(text[end])));
    return text;
}

void check_utf8(std::string_view text) {
    if (const auto end = utf8_end(text); end < text.size()) throw Error(not_utf8(text[end]));
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string checked_label(std::string_view label) {
    label = trimmed(label);
    if (label.empty()) throw Error("the label is empty");
    const auto control = [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F; };
    if (std::ranges::any_of(label, control)) {
        throw Error("the label has a tab, line end or other control character");
    }
    return std::string(label);
}

void check_interval(double onset_s, double offset_s) {
    if (onset_s < 0) throw Error(fmt::format("onset {} s is negative", onset_s));
    if (offset_s < onset_s) throw Error(fmt::format("offset {} s is before onset {} s", offset_s, onset_s));
}

Event checked_event(std::string_view onset, std::string_view offset, std::string_view label) {
    const auto number = [](std::string_view text, const char* what) {
        return located([&] { return std::string(what); }, [&] { return parse_number(trimmed(text)); });
    };
    Event event{number(onset, "onset"), number(offset, "offset"), checked_label(label), {}};
    check_interval(event.onset_s, event.offset_s);
    return event;
}

const std::string& writable_label(const std::string& label) {
    const auto where = [&] { return fmt::format("label '{}'", label); };
    if (located(where, [&] { return checked_label(label); }) != label) {
        throw Error(where() + ": begins or ends with a space");
    }
    return label;
}

std::string_view writable_name(std::string_view name) {
    if (name.find_first_of("\t\r\n") != std::string_view::npos) {
        throw Error(fmt::format("file name '{}': has a tab or line end", name));
    }
    return name;
}

std::string seconds_text(double seconds) {
    std::array<char, 512> digits;  // the longest double in fixed notation has 309 before the point
    const auto end = std::to_chars(digits.begin(), digits.end(), seconds, std::chars_format::fixed).ptr;
    return {digits.begin(), end};
}

}  // namespace earshot::label
