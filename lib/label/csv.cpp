// CSV of whole recordings: file,label[,...] or id,label, with a header or without.

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "label/delimited.h"
#include "label/formats.h"
#include "label/label_text.h"
#include "support/error.h"

namespace earshot::label::formats {
namespace {

void check_width(const std::vector<std::string>& fields, std::size_t expected) {
    if (fields.size() == expected) return;
    throw Error(
        fmt::format("{} fields where the first line has {} (put names that contain a comma in quotes)",
                    fields.size(), expected));
}

/// Drops repeated lines. @return their number
std::size_t drop_repetitions(Timeline& timeline) {
    timeline.sort();
    const auto repeated = std::ranges::unique(timeline.events);
    const auto count = repeated.size();
    timeline.events.erase(repeated.begin(), repeated.end());
    return count;
}

}  // namespace

Labels parse_csv(std::string_view text, const std::string& name) {
    Labels labels{LabelFormat::csv, {}, {}};
    DelimitedReader reader(text, name, sniff_delimiter(text));
    std::size_t width = 0, file = 0, label = 1;
    reader.each_row([&] {
        const auto& fields = reader.fields();
        if (width == 0) {
            width = fields.size();
            if (width < 2) throw Error("one field, expected file,label");
            const LabelColumns columns(fields);
            if (columns.file && columns.label) {
                file = *columns.file;
                label = *columns.label;
                return reader.require_utf8(file);
            }
        }
        reader.require_utf8(file);
        check_width(fields, width);
        const auto key = trimmed(fields[file]);
        if (key.empty()) throw Error("the file name is empty");
        labels.recordings[std::string(key)].events.push_back(
            {0, std::numeric_limits<double>::infinity(), checked_label(fields[label]), {}});
    });
    std::size_t repeated = 0;
    for (auto& [key, timeline] : labels.recordings) repeated += drop_repetitions(timeline);
    if (repeated > 0) {
        labels.warnings.push_back(
            fmt::format("{}: {} line{} another", name, repeated, repeated == 1 ? " repeats" : "s repeat"));
    }
    return labels;
}

void write_csv(const Labels& labels, Output& out, const LabelWriteOptions& options) {
    out.write("file,label\n");
    for (const auto& [key, timeline] : labels.recordings) {
        // Report problems that a name would not solve before asking for one.
        const auto of_file = key.empty() ? "" : key + ": ";
        if (timeline.events.empty()) throw Error(of_file + "no label, which csv cannot express (try dcase)");
        for (const auto& event : timeline.events) {
            if (event.is_of_recording()) continue;
            throw Error(fmt::format("{}'{}' from {} to {} s: csv labels whole recordings (try dcase)",
                                    of_file, event.label, event.onset_s, event.offset_s));
        }
        const auto file = recording_name(key, LabelFormat::csv, options);
        for (const auto& event : timeline.events) {
            out.write(fmt::format("{},{}\n", csv_field(file), csv_field(writable_label(event.label))));
        }
    }
}

}  // namespace earshot::label::formats

namespace earshot::label {

std::map<std::string, std::string> read_label_column(const std::string& path, const std::string& column) {
    const std::string whole = read_text(path);
    const auto text = table_text(whole, path);
    DelimitedReader reader(text, path, sniff_delimiter(text));
    if (!reader.next()) throw Error(path + ": empty, expected a CSV header");
    const auto header = reader.fields();
    const auto file = LabelColumns(header).file;
    const auto wanted = find_column(header, {column});
    if (!file || !wanted) {
        throw Error(fmt::format("{}: no column '{}' (columns: {})", path, file ? column : "file",
                                fmt::join(header, ", ")));
    }
    std::map<std::string, std::string> values;
    reader.each_row([&] {
        reader.require_utf8(file);
        formats::check_width(reader.fields(), header.size());
        values.emplace(trimmed(reader.fields()[*file]), trimmed(reader.fields()[*wanted]));
    });
    return values;
}

}  // namespace earshot::label
