#include "support/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <vector>

#include "support/error.h"

namespace earshot {
namespace {

constexpr int kFirstYear = 1678, kLastYear = 2261;  // whole years within 2^63 ns of 1970

double parse_clock(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::string_view rest = text;;) {
        const auto colon = rest.find(':');
        fields.push_back(rest.substr(0, colon));
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
    }
    if (fields.size() > 3)
        throw Error(fmt::format("{}: a time has at most hours, minutes and seconds", text));
    double seconds = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const bool last = i + 1 == fields.size();
        const char* name = last ? "seconds" : i + 2 == fields.size() ? "minutes" : "hours";
        const auto field = fields[i];
        const bool digits_only =
            field.find_first_not_of(last ? "0123456789." : "0123456789") == std::string_view::npos;
        if (field.empty() || !digits_only)
            throw Error(fmt::format("{}: '{}' is not a number of {}", text, field, name));
        const double value = parse_number(field);
        if (i > 0 && value >= 60) throw Error(fmt::format("{}: {} must be below 60", text, name));
        seconds = seconds * 60 + value;
    }
    return seconds;
}

}  // namespace

std::string utc_text(UtcTime time) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(ms);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(ms - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::optional<UtcTime> parse_utc(std::string_view text) {
    std::tm fields{};
    const std::string whole(text);
    const char* end = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &fields);
    if (!end || !whole.ends_with('Z')) return {};
    const std::string_view fraction(end, whole.c_str() + whole.size() - 1);
    double part_s = 0;
    if (!fraction.empty()) {
        const auto [last, status] =
            std::from_chars(fraction.data(), fraction.data() + fraction.size(), part_s);
        if (fraction.front() != '.' || status != std::errc() || last != fraction.data() + fraction.size())
            return {};
    }
    const std::chrono::year_month_day date(std::chrono::year(fields.tm_year + 1900),
                                           std::chrono::month(static_cast<unsigned>(fields.tm_mon + 1)),
                                           std::chrono::day(static_cast<unsigned>(fields.tm_mday)));
    if (!date.ok()) return {};  // 30 February
    if (static_cast<int>(date.year()) < kFirstYear || static_cast<int>(date.year()) > kLastYear)
        throw Error(fmt::format("{}: the year must be from {} to {}", text, kFirstYear, kLastYear));
    return std::chrono::sys_days(date) + std::chrono::hours(fields.tm_hour) +
           std::chrono::minutes(fields.tm_min) + std::chrono::seconds(fields.tm_sec) +
           std::chrono::microseconds(std::llround(part_s * 1e6));
}

double parse_number(std::string_view text) {
    double value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
        const bool comma = text.find(',') != std::string_view::npos;
        throw Error(fmt::format("'{}' is not a number{}", text,
                                comma ? " (write a decimal point, not a comma)" : ""));
    }
    return value;
}

double parse_time(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return parse_clock(text);
    struct Unit {
        std::string_view suffix;
        double seconds;
    };
    double scale = 1;
    std::string_view number = text;
    for (const auto& [suffix, seconds] :
         {Unit{"ms", 1e-3}, Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 86400}}) {
        if (!number.ends_with(suffix)) continue;
        number.remove_suffix(suffix.size());
        scale = seconds;
        break;
    }
    double value = -1;
    try {
        value = parse_number(number) * scale;
    } catch (const Error&) {
        throw Error(fmt::format("'{}' is not a time (write 90, 1.5s, 250ms, 02:13 or 1:02:13.250)", text));
    }
    if (value < 0) throw Error(fmt::format("'{}': a time cannot be negative", text));
    return value;
}

std::string clock_text(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::floor(seconds));
    if (whole < 3600) return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace earshot
