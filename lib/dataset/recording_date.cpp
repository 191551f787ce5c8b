#include "dataset/recording_date.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "support/error.h"

namespace earshot::dataset {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int number(std::string_view digits) {
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// The day that `text` begins with; nothing if it does not begin with one, or with more digits than that has.
std::optional<Day> leading_day(std::string_view text) {
    const bool dashes = text.size() > 4 && text[4] == '-';
    const std::string_view pattern = dashes ? "dddd-dd-dd" : "dddddddd";
    if (text.size() < pattern.size()) return {};
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == 'd' ? !is_digit(text[i]) : text[i] != pattern[i]) return {};
    }
    if (text.size() > pattern.size() && is_digit(text[pattern.size()])) return {};
    const std::chrono::year_month_day date(
        std::chrono::year(number(text.substr(0, 4))),
        std::chrono::month(static_cast<unsigned>(number(text.substr(dashes ? 5 : 4, 2)))),
        std::chrono::day(static_cast<unsigned>(number(text.substr(dashes ? 8 : 6, 2)))));
    if (!date.ok()) return {};
    return Day(date);
}

std::optional<Day> day_of_name(std::string_view name) {
    for (std::size_t i = name.size(); i-- > 0;) {
        if (i > 0 && is_digit(name[i - 1])) continue;
        if (const auto day = leading_day(name.substr(i))) return day;
    }
    return {};
}

}  // namespace

std::optional<Day> recording_day(std::string_view path) {
    while (!path.empty()) {
        const auto slash = path.rfind('/');
        const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
        if (const auto day = day_of_name(name)) return day;
        path = slash == std::string_view::npos ? "" : path.substr(0, slash);
    }
    return {};
}

DayRange parse_days(std::string_view text) {
    const auto day = [&](std::string_view part) {
        const auto parsed = part.size() == 10 && part[4] == '-' ? leading_day(part) : std::nullopt;
        if (!parsed)
            throw Error(fmt::format(
                "'{}' is not a day or a range of days (write 2026-11-01, or 2026-11-01..2026-11-07)", text));
        return *parsed;
    };
    const auto dots = text.find("..");
    const DayRange range{day(text.substr(0, dots)),
                         day(dots == std::string_view::npos ? text : text.substr(dots + 2))};
    if (range.first > range.last) throw Error(fmt::format("'{}': the last day is before the first", text));
    return range;
}

bool is_of_days(const std::vector<std::string>& paths, const std::vector<DayRange>& days) {
    for (const auto& path : paths) {
        const auto day = recording_day(path);
        if (!day) continue;
        return std::ranges::any_of(days, [&](const DayRange& range) { return range.contains(*day); });
    }
    throw Error(fmt::format("{}: no date in its name or its folders' names (such as 2026-11-01 or 20261101)",
                            paths.empty() ? "" : paths.front()));
}

}  // namespace earshot::dataset
