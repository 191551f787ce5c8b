#include "record/segment_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace earshot::record {
namespace {

constexpr std::string_view kDay = "dddd-dd-dd", kStart = "ddddddddTdddddd.dddZ", kPart = ".part";

/// @param pattern  d stands for a digit
bool fits(std::string_view text, std::string_view pattern) {
    return text.size() == pattern.size() && std::ranges::equal(text, pattern, [](char c, char wanted) {
               return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted;
           });
}

int number(std::string_view digits) {
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

}  // namespace

std::string day_name(UtcTime time) { return utc_text(time).substr(0, kDay.size()); }

bool is_day(std::string_view name) { return fits(name, kDay); }

std::string segment_name(UtcTime start, int copy) {
    std::string name = utc_text(start);
    std::erase_if(name, [](char c) { return c == '-' || c == ':'; });
    return copy == 0 ? name : fmt::format("{}-{}", name, copy);
}

std::optional<UtcTime> segment_start(std::string_view name) {
    if (name.size() <= kStart.size() || !fits(name.substr(0, kStart.size()), kStart)) return {};
    if (name[kStart.size()] != '.' && name[kStart.size()] != '-') return {};
    const std::chrono::year_month_day date(
        std::chrono::year(number(name.substr(0, 4))),
        std::chrono::month(static_cast<unsigned>(number(name.substr(4, 2)))),
        std::chrono::day(static_cast<unsigned>(number(name.substr(6, 2)))));
    if (!date.ok()) return {};
    return std::chrono::sys_days(date) + std::chrono::hours(number(name.substr(9, 2))) +
           std::chrono::minutes(number(name.substr(11, 2))) +
           std::chrono::seconds(number(name.substr(13, 2))) +
           std::chrono::milliseconds(number(name.substr(16, 3)));
}

std::string part_name(std::string_view name) { return fmt::format(".{}{}", name, kPart); }

std::optional<std::string> name_of_part(std::string_view part) {
    if (!part.starts_with('.') || !part.ends_with(kPart)) return {};
    const auto name = part.substr(1, part.size() - 1 - kPart.size());
    return is_segment(name) ? std::optional(std::string(name)) : std::nullopt;
}

}  // namespace earshot::record
