#include "record/archive_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <istream>

#include "record/day_index.h"
#include "record/segment_name.h"
#include "support/error.h"
#include "support/input.h"
#include "support/json.h"

namespace earshot::record {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> indexes(const std::string& directory) {
    std::vector<fs::path> found;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(directory, failure)) {
        const fs::path index = entry.path() / DayIndex::kName;
        if (is_day(entry.path().filename().native()) && fs::is_regular_file(index, failure))
            found.push_back(index);
    }
    std::ranges::sort(found);
    return found;
}

double number(const nlohmann::ordered_json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_number() ? found->get<double>() : 0.0;
}

/// @return false if it is not an index line
bool add_line(const std::string& text, ArchiveDay& day) {
    const auto parsed = try_parse_json(text);
    if (!parsed || !parsed->is_object()) return false;
    const auto& row = *parsed;
    const auto file = row.find("file");
    if (file == row.end() || !file->is_string()) return false;
    const auto start = segment_start(fs::path(file->get<std::string>()).filename().native());
    if (!start) return false;
    ++day.segments;
    day.recorded_s += number(row, "duration");
    day.max_amp = std::max(day.max_amp, number(row, "max_amp"));
    day.clipped += static_cast<std::int64_t>(number(row, "clipped"));
    day.overruns += static_cast<std::int64_t>(number(row, "overruns"));
    if (const auto gap = row.find("gap"); gap != row.end() && gap->is_object())
        day.missing_s += number(*gap, "seconds");
    const auto of_day = *start - std::chrono::floor<std::chrono::days>(*start);
    auto& peak = day.peaks[static_cast<std::size_t>(of_day * ArchiveDay::kSteps / std::chrono::days(1))];
    peak = std::max(peak.value_or(0), number(row, "max_amp"));
    return true;
}

}  // namespace

bool is_archive(const std::string& directory) { return !indexes(directory).empty(); }

std::vector<ArchiveDay> read_archive(const std::string& directory,
                                     const std::function<void(const std::string&)>& warn) {
    std::vector<ArchiveDay> days;
    for (const auto& path : indexes(directory)) {
        ArchiveDay day;
        day.day = path.parent_path().filename().native();
        InputBuffer file(path.native());
        std::istream lines(&file);
        lines.exceptions(std::ios::badbit);
        std::int64_t strange = 0;
        for (std::string line; std::getline(lines, line);) strange += add_line(line, day) ? 0 : 1;
        if (strange > 0)
            warn(fmt::format("{}: skipped {} line{} that {} not index lines", path.native(), strange,
                             strange == 1 ? "" : "s", strange == 1 ? "is" : "are"));
        days.push_back(std::move(day));
    }
    return days;
}

}  // namespace earshot::record
