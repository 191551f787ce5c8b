#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "label/delimited.h"
#include "label/label_file.h"
#include "label/label_text.h"
#include "support/error.h"
#include "support/json.h"

namespace earshot::label {
namespace {

/// Reads a JSON text until its first value reveals the format.
class FirstValue : public nlohmann::json_sax<nlohmann::json> {
 public:
    std::optional<LabelFormat> format;

    bool null() override { return stop(); }
    bool boolean(bool) override { return stop(); }
    bool number_integer(number_integer_t) override { return value(of_key_); }
    bool number_unsigned(number_unsigned_t) override { return value(of_key_); }
    bool number_float(number_float_t, const string_t&) override { return value(of_key_); }
    bool string(string_t&) override { return value(of_key_.value_or(LabelFormat::labels_json)); }
    bool binary(binary_t&) override { return stop(); }
    bool start_object(std::size_t) override {
        if (!inside_) return inside_ = true;
        return stop();
    }
    bool key(string_t& text) override {
        static constexpr std::array<std::string_view, 4> of_waveforms{"waveforms", "labels", "fs", "metric"};
        static constexpr std::array<std::string_view, 6> of_events{"file",  "onset", "offset",
                                                                   "label", "score", "time"};
        // Followed by a list, such a key is an id of word bounds.
        if (std::ranges::find(of_events, text) != of_events.end()) of_key_ = LabelFormat::jsonl;
        if (std::ranges::find(of_waveforms, text) == of_waveforms.end()) return true;
        return value(LabelFormat::waveform_json);
    }
    bool end_object() override { return stop(); }
    bool start_array(std::size_t) override {
        return value(inside_ ? LabelFormat::word_bounds : LabelFormat::waveform_json);
    }
    bool end_array() override { return stop(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return stop();
    }

 private:
    static bool stop() { return false; }
    bool value(std::optional<LabelFormat> found) {
        format = found;
        return stop();
    }
    bool inside_ = false;
    std::optional<LabelFormat> of_key_;
};

LabelFormat guess_json(std::string_view text, const std::string& path) {
    FirstValue first;
    stream_json(text, first, path);
    return first.format.value_or(label_format_of_name(path).value_or(LabelFormat::labels_json));
}

/// Digits, signs, points and commas: 1,5 is a malformed number, which the format's parser will report.
bool like_number(std::string_view text) {
    text = trimmed(text);
    return !text.empty() && text.find_first_not_of("0123456789+-.,eE") == std::string_view::npos &&
           text.find_first_of("0123456789") != std::string_view::npos;
}

std::optional<LabelFormat> guess_table(const std::vector<std::string>& fields, char delimiter,
                                       std::optional<LabelFormat> of_name) {
    const auto size = fields.size();
    const bool tabs = delimiter == '\t';
    if (find_column(fields, {"begin time (s)"})) return LabelFormat::raven;
    const LabelColumns columns(fields);
    if (columns.timed() || (columns.file && columns.labels)) return LabelFormat::dcase;
    if (columns.file && columns.label) return LabelFormat::csv;
    if (size >= 2 && like_number(fields[0]) && like_number(fields[1]) && (tabs || size == 3)) {
        return tabs && of_name != LabelFormat::dcase ? LabelFormat::audacity : LabelFormat::dcase;
    }
    if (size == 4 && like_number(fields[1]) && like_number(fields[2])) return LabelFormat::dcase;
    if (size == 1) return std::nullopt;
    return tabs ? LabelFormat::dcase : LabelFormat::csv;
}

[[noreturn]] void no_format(const std::string& path) {
    throw Error(fmt::format("{}: not a label file in a known format ({}; choose one with --from)", path,
                            fmt::join(label_format_names(), ", ")));
}

}  // namespace

std::optional<LabelFormat> label_format_of_name(const std::string& path) {
    const std::filesystem::path file(path);
    const auto name = file.filename().string();
    const auto extension = file.extension().string();
    if (extension == ".json") {
        if (name.find("word_bounds") != std::string::npos) return LabelFormat::word_bounds;
        if (name.find("waveform") != std::string::npos) return LabelFormat::waveform_json;
        return LabelFormat::labels_json;
    }
    if (extension == ".txt") {
        return name.find("selection") != std::string::npos ? LabelFormat::raven : LabelFormat::audacity;
    }
    if (extension == ".tsv") return LabelFormat::dcase;
    if (extension == ".jsonl") return LabelFormat::jsonl;
    if (extension == ".csv") return LabelFormat::csv;
    return std::nullopt;
}

LabelFormat guess_label_format(std::string_view text, const std::string& path) {
    const auto of_name = label_format_of_name(path);
    const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
    if (utf16 || text.find('\0') != std::string_view::npos)
        plain_text(text, path);  // throws an error that says what it is
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {  // an empty file: only the name can tell
        if (of_name) return *of_name;
        no_format(path);
    }
    if (text[first] == '{' || text[first] == '[') return guess_json(text, path);
    DelimitedReader reader(text, path, sniff_delimiter(text));
    do {
        if (!reader.next()) no_format(path);
    } while (reader.fields().front() == "\\");
    if (const auto format = guess_table(reader.fields(), sniff_delimiter(text), of_name)) return *format;
    no_format(path);
}

}  // namespace earshot::label
