// Selection tables of Raven (Cornell Lab of Ornithology): tab-separated, with a header.

#include <fmt/format.h>

#include <optional>
#include <set>
#include <tuple>

#include "label/delimited.h"
#include "label/formats.h"
#include "label/label_text.h"
#include "support/error.h"

namespace earshot::label::formats {
namespace {

/// The annotation column, which users may name: one with a common name, otherwise the last that Raven did not
/// create.
std::size_t find_annotation(const std::vector<std::string>& header) {
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
    throw Error("no annotation column beside Raven's own (add one named Annotation)");
}

struct RavenLayout {
    explicit RavenLayout(const std::vector<std::string>& header)
        : fields(header.size()),
          annotation(find_annotation(header)),
          onset(required(header, "begin time (s)")),
          offset(required(header, "end time (s)")),
          selection(find_column(header, {"selection"})),
          file(find_column(header, {"begin file"})),
          file_onset(find_column(header, {"file offset (s)"})) {}

    std::size_t fields, annotation, onset, offset;
    std::optional<std::size_t> selection, file, file_onset;
    /// Otherwise all times are of one recording, or count through all files of the table.
    bool of_files() const { return file && file_onset; }

 private:
    static std::size_t required(const std::vector<std::string>& header, std::string_view column) {
        if (const auto index = find_column(header, {column})) return *index;
        throw Error(fmt::format("no column '{}', expected the header of a Raven selection table", column));
    }
};

class Table {
 public:
    explicit Table(const std::vector<std::string>& header) : layout_(header) {
        if (!layout_.of_files()) labels_.recordings[""];  // of one recording, even if it has no events
    }

    void add(const std::vector<std::string>& fields) {
        if (fields.size() != layout_.fields) {
            throw Error(fmt::format("{} fields where the header has {}", fields.size(), layout_.fields));
        }
        auto event = checked_event(fields[layout_.onset], fields[layout_.offset], fields[layout_.annotation]);
        if (layout_.selection && !is_new(fields[*layout_.selection], event)) return;
        if (!layout_.of_files()) {
            if (layout_.file) require_same_file(fields[*layout_.file]);
            labels_.recordings[""].events.push_back(std::move(event));
            return;
        }
        const double length_s = event.offset_s - event.onset_s;
        const auto& onset = fields[*layout_.file_onset];
        event.onset_s = checked_event(onset, onset, event.label).onset_s;
        event.offset_s = event.onset_s + length_s;
        labels_.recordings[std::string(trimmed(fields[*layout_.file]))].events.push_back(std::move(event));
    }

    Labels take() { return std::move(labels_); }

 private:
    /// Raven writes a selection once for each view (waveform, spectrogram) that shows it.
    bool is_new(const std::string& selection, const Event& event) {
        return seen_.emplace(selection, event.onset_s, event.offset_s, event.label).second;
    }
    void require_same_file(const std::string& file) {
        if (!file_) file_ = file;
        if (*file_ == file) return;
        throw Error(
            "another Begin File, but no column 'File Offset (s)' to place the selection in it (export the "
            "table with that column)");
    }

    RavenLayout layout_;
    Labels labels_{LabelFormat::raven, {}, {}};
    std::optional<std::string> file_;
    std::set<std::tuple<std::string, double, double, std::string>> seen_;
};

}  // namespace

Labels parse_raven(std::string_view text, const std::string& name) {
    DelimitedReader reader(text, name, '\t');
    std::optional<Table> table;
    reader.each_row([&] {
        if (table) {
            table->add(reader.fields());
        } else {
            table.emplace(reader.fields());
        }
    });
    if (!table) throw Error(name + ": empty, expected the header of a Raven selection table");
    return table->take();
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

}  // namespace earshot::label::formats
