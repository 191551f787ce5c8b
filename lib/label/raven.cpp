// Selection tables of Raven (Cornell Lab of Ornithology): tab-separated, with a header.

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

#include "label/delimited.h"
#include "label/formats.h"
#include "label/label_text.h"
#include "support/error.h"

namespace earshot::formats {
namespace {

/// The annotation column has whatever name its user gave it: a usual one, else the last that Raven did not
/// make.
std::size_t find_annotation(const std::vector<std::string>& header, const std::string& where) {
    if (const auto usual = find_column(
            header, {"annotation", "annotations", "label", "species", "class", "tag", "call type", "type"})) {
        return *usual;
    }
    static const std::set<std::string_view> ravens_own{"Selection",  "View",       "Channel",
                                                       "Begin File", "End File",   "Begin Path",
                                                       "End Path",   "Begin Date", "Begin Hour"};
    for (auto i = header.size(); i-- > 0;) {
        const auto column = trimmed(header[i]);
        const bool measurement = column.ends_with(')');  // has a unit: "Low Freq (Hz)"
        if (!column.empty() && !measurement && !ravens_own.contains(column)) return i;
    }
    throw Error(where + ": no annotation column beside Raven's own (add one named Annotation)");
}

struct Layout {
    Layout(const std::vector<std::string>& header, const std::string& where)
        : selection(find_column(header, {"selection"})),
          file(find_column(header, {"begin file"})),
          file_onset(find_column(header, {"file offset (s)"})),
          annotation(find_annotation(header, where)),
          fields(header.size()) {
        const auto required = [&](std::string_view column) {
            if (const auto index = find_column(header, {column})) return *index;
            throw Error(fmt::format("{}: no column '{}', expected the header of a Raven selection table",
                                    where, column));
        };
        onset = required("begin time (s)");
        offset = required("end time (s)");
        if (!file_onset) file.reset();  // times run through all files of the table
    }
    std::optional<std::size_t> selection, file, file_onset;
    std::size_t annotation, onset = 0, offset = 0, fields;
};

}  // namespace

Labels parse_raven(std::string_view text, const std::string& name) {
    Labels labels{LabelFormat::raven, {}, {}};
    DelimitedReader reader(text, name, '\t');
    if (!reader.next()) throw Error(name + ": empty, expected the header of a Raven selection table");
    const auto header = reader.fields();
    const Layout layout(header, reader.where());
    if (!layout.file) labels.recordings[""];
    const auto begin_file = find_column(header, {"begin file"});
    std::string only_file;
    // Raven writes a selection once for each view (waveform, spectrogram) that shows it.
    std::set<std::tuple<std::string, double, double, std::string>> seen;
    while (reader.next()) {
        const auto& fields = reader.fields();
        if (fields.size() != layout.fields) {
            throw Error(fmt::format("{}: {} fields where the header has {}", reader.where(), fields.size(),
                                    layout.fields));
        }
        auto event = checked_event(fields[layout.onset], fields[layout.offset], fields[layout.annotation],
                                   reader.where());
        if (begin_file && !layout.file) {
            if (only_file.empty()) only_file = fields[*begin_file];
            if (fields[*begin_file] != only_file) {
                throw Error(reader.where() +
                            ": another Begin File, and no column 'File Offset (s)' that places the "
                            "selection in it (export the table with that column)");
            }
        }
        if (layout.selection &&
            !seen.emplace(fields[*layout.selection], event.onset_s, event.offset_s, event.label).second) {
            continue;
        }
        std::string file;
        if (layout.file) {
            file = trimmed(fields[*layout.file]);
            const double length_s = event.offset_s - event.onset_s;
            const auto& onset = fields[*layout.file_onset];
            event.onset_s = checked_event(onset, onset, event.label, reader.where()).onset_s;
            event.offset_s = event.onset_s + length_s;
        }
        labels.recordings[file].events.push_back(std::move(event));
    }
    return labels;
}

void write_raven(const Labels& labels, Output& out) {
    out.write("Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tAnnotation\n");
    int selection = 0;
    for (const auto& event : only_recording(labels, LabelFormat::raven).events) {
        require_offset(event, LabelFormat::raven);
        out.write(fmt::format("{}\tSpectrogram 1\t1\t{}\t{}\t{}\n", ++selection, seconds_text(event.onset_s),
                              seconds_text(event.offset_s), writable_label(event.label)));
    }
}

}  // namespace earshot::formats
