// CSV of whole recordings: file,label[,...] or id,label, with a header or without.

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "label/delimited.h"
#include "label/formats.h"
#include "label/label_text.h"
#include "support/error.h"

namespace earshot::formats {
namespace {

void check_width(const DelimitedReader& reader, std::size_t expected) {
    if (reader.fields().size() == expected) return;
    throw Error(
        fmt::format("{}: {} fields where the first line has {} (put a name that has a comma in quotes)",
                    reader.where(), reader.fields().size(), expected));
}

}  // namespace

Labels parse_csv(std::string_view text, const std::string& name) {
    Labels labels{LabelFormat::csv, {}, {}};
    DelimitedReader reader(text, name, sniff_delimiter(text));
    std::optional<std::size_t> width;
    std::size_t file = 0, label = 1;
    while (reader.next()) {
        const auto& fields = reader.fields();
        if (!width) {
            width = fields.size();
            if (*width < 2) throw Error(reader.where() + ": one field, expected file,label");
            const LabelColumns columns(fields);
            if (columns.file && columns.label) {
                file = *columns.file;
                label = *columns.label;
                continue;
            }
        }
        check_width(reader, *width);
        const auto key = trimmed(fields[file]);
        if (key.empty()) throw Error(reader.where() + ": the file name is empty");
        auto& events = labels.recordings[std::string(key)].events;
        Event event{
            0, std::numeric_limits<double>::infinity(), checked_label(fields[label], reader.where()), {}};
        if (std::ranges::find(events, event) != events.end()) {
            labels.warnings.push_back(reader.where() + ": says again what a line before said");
            continue;
        }
        events.push_back(std::move(event));
    }
    return labels;
}

void write_csv(const Labels& labels, Output& out, const LabelWriteOptions& options) {
    out.write("file,label\n");
    for (const auto& [key, timeline] : labels.recordings) {
        const auto file = recording_name(key, LabelFormat::csv, options);
        if (timeline.events.empty())
            throw Error(fmt::format("{}: no label, which csv cannot say (try dcase)", file));
        for (const auto& event : timeline.events) {
            if (!is_whole_recording(event)) {
                throw Error(fmt::format("{}: '{}' from {} to {} s: csv labels whole recordings (try dcase)",
                                        file, event.label, event.onset_s, event.offset_s));
            }
            out.write(fmt::format("{},{}\n", csv_field(file), csv_field(writable_label(event.label))));
        }
    }
}

}  // namespace earshot::formats

namespace earshot {

std::map<std::string, std::string> read_label_column(const std::string& path, const std::string& column) {
    const std::string whole = read_text(path);
    const auto text = plain_text(whole, path);
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
    while (reader.next()) {
        formats::check_width(reader, header.size());
        values.emplace(trimmed(reader.fields()[*file]), trimmed(reader.fields()[*wanted]));
    }
    return values;
}

}  // namespace earshot
