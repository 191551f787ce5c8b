#include "label/label_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <utility>

#include "label/formats.h"
#include "label/label_text.h"
#include "support/error.h"
#include "support/input.h"

namespace earshot::label {
namespace {

/// In the order of LabelFormat.
constexpr std::array<std::string_view, 8> kFormatNames{
    "labels-json", "audacity", "dcase", "raven", "csv", "word-bounds", "waveform-json", "jsonl"};

/// Larger than any list of labels; waveforms are read as a stream and may be longer.
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

Labels parse_plain(std::string_view text, const std::string& name, LabelFormat format) {
    const bool json = format == LabelFormat::labels_json || format == LabelFormat::word_bounds;
    if (json && text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        throw Error(name + ": empty, expected a JSON object (no labels are {})");
    switch (format) {
        case LabelFormat::labels_json:
            return formats::parse_labels_json(text, name);
        case LabelFormat::audacity:
            return formats::parse_audacity(text, name);
        case LabelFormat::dcase:
            return formats::parse_dcase(text, name);
        case LabelFormat::raven:
            return formats::parse_raven(text, name);
        case LabelFormat::csv:
            return formats::parse_csv(text, name);
        case LabelFormat::word_bounds:
            return formats::parse_word_bounds(text, name);
        case LabelFormat::jsonl:
            return formats::parse_jsonl(text, name);
        case LabelFormat::waveform_json:
            break;
    }
    std::istringstream stream{std::string(text)};
    return formats::parse_waveform_json(stream, name);
}

Labels sorted(Labels labels) {
    for (auto& [recording, timeline] : labels.recordings) timeline.sort();
    return labels;
}

}  // namespace

std::span<const std::string_view> label_format_names() { return kFormatNames; }

std::string_view label_format_name(LabelFormat format) {
    return kFormatNames[static_cast<std::size_t>(format)];
}

LabelFormat parse_label_format(std::string_view name) {
    std::string wanted(name);
    for (char& c : wanted) c = c == '_' || c == '.' ? '-' : c;  // people write labels.json for the format
    const auto found = std::ranges::find(kFormatNames, wanted);
    if (found == kFormatNames.end()) {
        throw UsageError(
            fmt::format("no label format '{}' (formats: {})", name, fmt::join(kFormatNames, ", ")));
    }
    return static_cast<LabelFormat>(found - kFormatNames.begin());
}

Labels parse_labels(std::string_view text, const std::string& name, LabelFormat format) {
    const bool table = format == LabelFormat::csv || format == LabelFormat::dcase;
    return sorted(parse_plain(table ? table_text(text, name) : plain_text(text, name), name, format));
}

Labels read_labels(const std::string& path, std::optional<LabelFormat> format) {
    InputBuffer input(path);
    if (!format) format = guess_label_format(input.peek(), path);
    if (format != LabelFormat::waveform_json)
        return parse_labels(input.read_all(kMaxBytes), input.name(), *format);
    std::istream stream(&input);
    return sorted(formats::parse_waveform_json(stream, input.name()));
}

void write_labels(const Labels& labels, LabelFormat format, Output& out, const LabelWriteOptions& options) {
    switch (format) {
        case LabelFormat::labels_json:
            return formats::write_labels_json(labels, out, options);
        case LabelFormat::audacity:
            return formats::write_audacity(labels, out);
        case LabelFormat::dcase:
            return formats::write_dcase(labels, out, options);
        case LabelFormat::raven:
            return formats::write_raven(labels, out);
        case LabelFormat::csv:
            return formats::write_csv(labels, out, options);
        case LabelFormat::word_bounds:
            return formats::write_word_bounds(labels, out, options);
        case LabelFormat::jsonl:
            return formats::write_jsonl(labels, out, options);
        case LabelFormat::waveform_json:
            throw Error("waveform-json contains samples, which labels alone lack");
    }
}

namespace formats {

const Timeline& only_recording(const Labels& labels, LabelFormat format) {
    if (labels.recordings.size() == 1) return labels.recordings.begin()->second;
    throw Error(fmt::format("labels of {} recordings, but {} describes one", labels.recordings.size(),
                            label_format_name(format)));
}

std::string_view recording_name(const std::string& key, LabelFormat format,
                                const LabelWriteOptions& options) {
    if (!key.empty()) return key;
    if (!options.recording.empty()) return options.recording;
    throw Error(fmt::format("{} needs the name of the recording (try --name)", label_format_name(format)));
}

void require_offset(const Event& event, LabelFormat format) {
    if (std::isfinite(event.offset_s)) return;
    throw Error(
        fmt::format("'{}' at {} s lasts to the end of the recording, and {} needs its length (give --audio)",
                    event.label, event.onset_s, label_format_name(format)));
}

}  // namespace formats

std::vector<std::string> recording_keys(const std::string& audio_path) {
    namespace fs = std::filesystem;
    std::error_code unused;
    auto absolute = fs::absolute(audio_path, unused).lexically_normal().string();
    std::vector<std::string> keys{audio_path};
    std::string_view path = absolute;
    const auto stem_length = path.size() - fs::path(absolute).extension().string().size();
    std::vector<std::string> stems;
    for (std::size_t begin = 0; begin != std::string_view::npos;) {
        keys.emplace_back(path.substr(begin));
        stems.emplace_back(path.substr(begin, stem_length - begin));
        const auto slash = path.find('/', begin);
        begin = slash == std::string_view::npos ? slash : slash + 1;
    }
    if (stem_length < path.size()) keys.insert(keys.end(), stems.begin(), stems.end());
    return keys;
}

Timeline* Labels::find(const std::string& audio_path) {
    return const_cast<Timeline*>(std::as_const(*this).find(audio_path));
}

const Timeline* Labels::find(const std::string& audio_path) const {
    if (recordings.size() == 1 && recordings.begin()->first.empty()) return &recordings.begin()->second;
    for (const auto& key : recording_keys(audio_path)) {
        if (const auto found = recordings.find(key); found != recordings.end()) return &found->second;
    }
    return nullptr;
}

}  // namespace earshot::label
