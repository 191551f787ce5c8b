#include "tools/label/archive_stats.h"

#include <fmt/format.h>
#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <string_view>
#include <vector>

#include "record/archive_reader.h"
#include "support/error.h"
#include "support/json_lines.h"

namespace earshot::tools {
namespace {

constexpr double kTop_dbfs = 0, kStep_db = 6;
constexpr int kRows = 10;  // down to -60 dBFS

double dbfs(double amplitude) { return 20 * std::log10(amplitude); }

std::string level(double amplitude) { return amplitude > 0 ? fmt::format("{:.1f}", dbfs(amplitude)) : "-"; }

void write_table(const std::vector<record::ArchiveDay>& days, Output& out) {
    out.write("day         segments    recorded s  peak dBFS  clipped  overruns     missing s\n");
    for (const auto& day : days)
        out.write(fmt::format("{}  {:>8}  {:>12.1f}  {:>9}  {:>7}  {:>8}  {:>12.3f}\n", day.day, day.segments,
                              day.recorded_s, level(day.max_amp), day.clipped, day.overruns, day.missing_s));
}

void write_json(const std::vector<record::ArchiveDay>& days, Output& out) {
    JsonLines lines(out);
    for (const auto& day : days)
        lines.write({{"day", day.day},
                     {"segments", day.segments},
                     {"recorded_s", rounded(day.recorded_s, 6)},
                     {"max_amp", rounded(day.max_amp, 6)},
                     {"clipped", day.clipped},
                     {"overruns", day.overruns},
                     {"missing_s", rounded(day.missing_s, 6)}});
}

/// Plots the peak level of each quarter of an hour as a column.
void write_plot(const record::ArchiveDay& day, bool utf8, Output& out) {
    static constexpr std::string_view kUtf8[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static constexpr std::string_view kAscii[] = {" ", "_", "_", "_", "=", "=", "=", "#", "#"};
    const auto& blocks = utf8 ? kUtf8 : kAscii;
    out.write(fmt::format("\n{}, peaks in dBFS by time of day (UTC)\n", day.day));
    for (int row = 0; row < kRows; ++row) {
        const double low = kTop_dbfs - kStep_db * (row + 1);
        std::string line = fmt::format("{:>4} ", low);
        for (const auto& peak : day.peaks) {
            const double filled = peak && *peak > 0 ? (dbfs(*peak) - low) / kStep_db : 0;
            line += blocks[static_cast<std::size_t>(std::lround(8 * std::clamp(filled, 0.0, 1.0)))];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out.write(line + "\n");
    }
    std::string hours(5 + record::ArchiveDay::kSteps, ' '), kept(5 + record::ArchiveDay::kSteps, ' ');
    for (std::size_t hour = 0; hour < 24; hour += 3)
        hours.replace(5 + 4 * hour, 2, fmt::format("{:02}", hour));
    for (std::size_t step = 0; step < day.peaks.size(); ++step) kept[5 + step] = day.peaks[step] ? '-' : ' ';
    for (std::string* line : {&kept, &hours}) {
        line->erase(line->find_last_not_of(' ') + 1);
        out.write(*line + "\n");
    }
}

}  // namespace

Exit write_archive_stats(const std::string& directory, const std::string& wanted, bool json,
                         Context& context) {
    const auto days =
        record::read_archive(directory, [&](const std::string& text) { context.console.warning(text); });
    if (json) {
        write_json(days, context.out);
        return Exit::ok;
    }
    auto shown = wanted.empty()
                     ? std::prev(days.end())
                     : std::ranges::find(days, wanted, [](const record::ArchiveDay& day) { return day.day; });
    if (shown == days.end())
        throw UsageError(
            fmt::format("{}: nothing was recorded on {} (write the day as 2024-02-29)", directory, wanted));
    write_table(days, context.out);
    std::setlocale(LC_CTYPE, "");
    write_plot(*shown, std::string_view(::nl_langinfo(CODESET)) == "UTF-8", context.out);
    return Exit::ok;
}

}  // namespace earshot::tools
