// Lists of the DCASE challenges, with or without header, tab- or comma-separated: filename onset offset
// event_label (strong), the same without filename (one recording), or filename event_labels (weak).

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "label/delimited.h"
#include "label/formats.h"
#include "label/label_text.h"
#include "support/error.h"

namespace earshot::label::formats {
namespace {

struct Layout {
    std::optional<std::size_t> file, onset, offset, label;
    std::optional<std::size_t> weak;  // labels of the whole recording, separated by commas
    std::size_t fields = 0;           // in every row; a file name alone is a recording without events
    bool header = false;
};

Layout find_layout(const std::vector<std::string>& first) {
    const LabelColumns columns(first);
    const auto label = columns.label ? columns.label : columns.labels;
    const auto size = first.size();
    if (columns.onset && columns.offset && label) {
        return {columns.file, columns.onset, columns.offset, label, {}, size, true};
    }
    if (columns.file && columns.labels) return {columns.file, {}, {}, {}, columns.labels, size, true};
    switch (size) {
        case 1:
            return {0, 1, 2, 3, {}, 4, false};
        case 2:
            return {0, {}, {}, {}, 1, size, false};
        case 3:
            return {{}, 0, 1, 2, {}, size, false};
        case 4:
            return {0, 1, 2, 3, {}, size, false};
        default:
            throw Error(
                fmt::format("{} fields and no header, expected filename, onset, offset, event_label", size));
    }
}

void add_weak(Timeline& timeline, std::string_view list) {
    while (true) {
        const auto comma = list.find(',');
        timeline.events.push_back(
            {0, std::numeric_limits<double>::infinity(), checked_label(list.substr(0, comma)), {}});
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

void add_row(Labels& labels, const Layout& layout, const std::vector<std::string>& fields) {
    const auto field = [&](std::optional<std::size_t> column) -> std::string_view {
        return column && *column < fields.size() ? trimmed(fields[*column]) : std::string_view{};
    };
    const bool file_alone = layout.file && fields.size() == 1;
    if (fields.size() != layout.fields && !file_alone) {
        throw Error(
            fmt::format("{} fields, expected {} as in the lines before", fields.size(), layout.fields));
    }
    const auto file = field(layout.file);
    if (layout.file && file.empty()) throw Error("the file name is empty");
    auto& timeline = labels.recordings[std::string(file)];
    if (layout.weak) {
        if (!field(layout.weak).empty()) add_weak(timeline, field(layout.weak));
        return;
    }
    const auto onset = field(layout.onset), offset = field(layout.offset), label = field(layout.label);
    if (layout.file && onset.empty() && offset.empty() && label.empty())
        return;  // a recording without events
    timeline.events.push_back(checked_event(onset, offset, label));
}

}  // namespace

Labels parse_dcase(std::string_view text, const std::string& name) {
    Labels labels{LabelFormat::dcase, {}, {}};
    DelimitedReader reader(text, name, sniff_delimiter(text));
    std::optional<Layout> layout;
    reader.each_row([&] {
        if (!layout) {
            layout = find_layout(reader.fields());
            if (!layout->file) labels.recordings[""];  // of one recording, even if it has no events
            if (layout->header) return reader.require_utf8(layout->file);
        }
        reader.require_utf8(layout->file);
        add_row(labels, *layout, reader.fields());
    });
    if (!layout) labels.recordings[""];
    return labels;
}

namespace {

void write_weak(const Labels& labels, Output& out, const LabelWriteOptions& options) {
    out.write("filename\tevent_labels\n");
    for (const auto& [key, timeline] : labels.recordings) {
        std::string list;
        for (const auto& event : timeline.events) {
            if (event.label.find(',') != std::string::npos) {
                throw Error(
                    fmt::format("label '{}': contains a comma, which separates labels in a dcase list of "
                                "whole recordings",
                                event.label));
            }
            list += (list.empty() ? "" : ",") + writable_label(event.label);
        }
        out.write(
            fmt::format("{}\t{}\n", writable_name(recording_name(key, LabelFormat::dcase, options)), list));
    }
}

}  // namespace

void write_dcase(const Labels& labels, Output& out, const LabelWriteOptions& options) {
    std::size_t events = 0, whole = 0;
    for (const auto& [key, timeline] : labels.recordings) {
        events += timeline.events.size();
        whole += static_cast<std::size_t>(std::ranges::count_if(timeline.events, &Event::is_of_recording));
    }
    if (events > 0 && events == whole) return write_weak(labels, out, options);
    const bool unnamed = labels.recordings.contains("") && options.recording.empty();
    out.write(unnamed ? "onset\toffset\tevent_label\n" : "filename\tonset\toffset\tevent_label\n");
    for (const auto& [key, timeline] : labels.recordings) {
        const std::string file =
            unnamed ? ""
                    : fmt::format("{}\t", writable_name(recording_name(key, LabelFormat::dcase, options)));
        if (timeline.events.empty() && !unnamed) out.write(file + "\t\t\n");
        for (const auto& event : timeline.events) {
            require_offset(event, LabelFormat::dcase);
            out.write(fmt::format("{}{}\t{}\t{}\n", file, seconds_text(event.onset_s),
                                  seconds_text(event.offset_s), writable_label(event.label)));
        }
    }
}

}  // namespace earshot::label::formats
