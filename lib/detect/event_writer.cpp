#include "detect/event_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "label/label_file.h"
#include "support/error.h"
#include "support/json_lines.h"

namespace earshot::detect {
namespace {

constexpr std::array<std::string_view, 5> kNames{"jsonl", "csv", "tsv", "audacity", "labels-json"};

/// A field of a tab-separated line.
std::string tab_field(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return text;
}

/// RFC 4180.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

std::string score_text(const label::Event& event) {
    return event.score ? fmt::format("{:.4f}", *event.score) : "";
}

class JsonlWriter : public EventWriter {
 public:
    JsonlWriter(Output& output, bool flush_each) : lines_(output, flush_each) {}
    void write(const std::string& file, const label::Event& event) override {
        nlohmann::ordered_json row{{"file", file},
                                   {"onset", rounded(event.onset_s, 3)},
                                   {"offset", rounded(event.offset_s, 3)},
                                   {"label", event.label}};
        if (event.score) row["score"] = rounded(*event.score, 4);
        lines_.write(row);
    }
    void end_recording(const std::string&) override {}

 private:
    JsonLines lines_;
};

/// The formats with one line per event.
class LineWriter : public EventWriter {
 public:
    using Line = std::string (*)(const std::string& file, const label::Event& event);
    LineWriter(Output& output, bool flush_each, Line line, std::string_view header)
        : output_(output), flush_each_(flush_each || output.is_terminal()), line_(line) {
        output_.write(header);
    }
    void write(const std::string& file, const label::Event& event) override {
        output_.write(line_(file, event));
        if (flush_each_) output_.flush();
    }
    void end_recording(const std::string&) override {}

 private:
    Output& output_;
    bool flush_each_;
    Line line_;
};

std::string csv_line(const std::string& file, const label::Event& event) {
    return fmt::format("{},{:.3f},{:.3f},{},{}\n", csv_field(file), event.onset_s, event.offset_s,
                       csv_field(event.label), score_text(event));
}

std::string tsv_line(const std::string& file, const label::Event& event) {
    return fmt::format("{}\t{:.3f}\t{:.3f}\t{}\n", tab_field(file), event.onset_s, event.offset_s,
                       tab_field(event.label));
}

std::string audacity_line(const std::string&, const label::Event& event) {
    return fmt::format("{:.3f}\t{:.3f}\t{}\n", event.onset_s, event.offset_s, tab_field(event.label));
}

class LabelsJsonWriter : public EventWriter {
 public:
    LabelsJsonWriter(Output& output, std::string gap_label)
        : output_(output), gap_label_(std::move(gap_label)) {}
    void write(const std::string&, const label::Event& event) override {
        // To the millisecond, as in the other formats: no one needs keys exact to the sample.
        timeline_.events.push_back({std::round(event.onset_s * 1e3) / 1e3,
                                    std::round(event.offset_s * 1e3) / 1e3, event.label, event.score});
    }
    void end_recording(const std::string&) override {
        timeline_.sort();
        timeline_.keep_strongest();
        label::write_labels({label::LabelFormat::labels_json, {{"", std::move(timeline_)}}, {}},
                            label::LabelFormat::labels_json, output_,
                            {.gap_label = gap_label_, .recording = {}});
        timeline_ = {};
    }

 private:
    Output& output_;
    std::string gap_label_;
    label::Timeline timeline_;
};

}  // namespace

std::span<const std::string_view> event_format_names() { return kNames; }

EventFormat parse_event_format(std::string_view name) {
    const auto found = std::ranges::find(kNames, name);
    if (found == kNames.end()) {
        throw UsageError(fmt::format("no event format '{}' (formats: {})", name, fmt::join(kNames, ", ")));
    }
    return static_cast<EventFormat>(found - kNames.begin());
}

EventFormat event_format_of_name(const std::string& path) {
    const std::string extension = std::filesystem::path(path).extension();
    if (extension == ".csv") return EventFormat::csv;
    if (extension == ".tsv") return EventFormat::tsv;
    if (extension == ".txt") return EventFormat::audacity;
    if (extension == ".json") return EventFormat::labels_json;
    return EventFormat::jsonl;
}

std::string_view event_format_extension(EventFormat format) {
    constexpr std::array<std::string_view, kNames.size()> kExtensions{".jsonl", ".csv", ".tsv", ".txt",
                                                                      ".json"};
    return kExtensions[static_cast<std::size_t>(format)];
}

bool is_for_one_recording(EventFormat format) {
    return format == EventFormat::audacity || format == EventFormat::labels_json;
}

std::unique_ptr<EventWriter> make_event_writer(EventFormat format, Output& output,
                                               const EventWriterOptions& options) {
    const auto header = [&](std::string_view text) { return options.header ? text : ""; };
    switch (format) {
        case EventFormat::jsonl:
            return std::make_unique<JsonlWriter>(output, options.flush_each);
        case EventFormat::csv:
            return std::make_unique<LineWriter>(output, options.flush_each, csv_line,
                                                header("file,onset,offset,label,score\n"));
        case EventFormat::tsv:
            return std::make_unique<LineWriter>(output, options.flush_each, tsv_line,
                                                header("filename\tonset\toffset\tevent_label\n"));
        case EventFormat::audacity:
            return std::make_unique<LineWriter>(output, options.flush_each, audacity_line, "");
        case EventFormat::labels_json:
            return std::make_unique<LabelsJsonWriter>(output, options.gap_label);
    }
    throw Error("no such event format");
}

}  // namespace earshot::detect
