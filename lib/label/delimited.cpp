#include "label/delimited.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "label/label_text.h"
#include "support/error.h"

namespace earshot::label {

DelimitedReader::DelimitedReader(std::string_view text, std::string name, char delimiter)
    : rest_(text), name_(std::move(name)), delimiter_(delimiter) {}

std::string DelimitedReader::where() const { return fmt::format("{}: line {}", name_, line_); }

bool DelimitedReader::next() {
    while (!rest_.empty()) {
        line_ = next_line_;
        row_ended_ = false;
        std::size_t count = 0;
        while (!row_ended_) {
            if (count == fields_.size()) fields_.emplace_back();
            read_field(count++);
        }
        fields_.resize(count);
        if (count > 1 || !trimmed(fields_.front()).empty()) return true;
    }
    return false;
}

void DelimitedReader::require_utf8(std::optional<std::size_t> file) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (i != file) check_utf8(fields_[i]);
    }
}

std::string_view DelimitedReader::until_delimiter(std::string_view text) const {
    const auto ends_field = [this](char c) { return c == delimiter_ || c == '\n'; };
    return text.substr(0, static_cast<std::size_t>(std::ranges::find_if(text, ends_field) - text.begin()));
}

/// Removes one field and its terminator from the front of rest_.
void DelimitedReader::read_field(std::size_t index) {
    auto& field = fields_[index];
    field.clear();
    if (delimiter_ != '\t' && rest_.starts_with('"')) {
        rest_.remove_prefix(1);
        while (true) {
            const auto quote = rest_.find('"');
            if (quote == std::string_view::npos) throw Error(where() + ": a quotation mark is not closed");
            field += rest_.substr(0, quote);
            rest_.remove_prefix(quote + 1);
            if (!rest_.starts_with('"')) break;
            field += '"';
            rest_.remove_prefix(1);
        }
        next_line_ += static_cast<std::size_t>(std::ranges::count(field, '\n'));
        const auto after = until_delimiter(rest_);
        if (!trimmed(after).empty()) throw Error(where() + ": text after a closing quotation mark");
        rest_.remove_prefix(after.size());
    } else {
        auto plain = until_delimiter(rest_);
        rest_.remove_prefix(plain.size());
        if (plain.ends_with('\r') && (rest_.empty() || rest_.front() == '\n')) plain.remove_suffix(1);
        field = plain;
    }
    row_ended_ = rest_.empty() || rest_.front() == '\n';
    if (row_ended_) ++next_line_;
    if (!rest_.empty()) rest_.remove_prefix(1);
}

char sniff_delimiter(std::string_view text) {
    const auto first = text.find_first_not_of("\r\n ");
    if (first == std::string_view::npos) return ',';
    const auto line = text.substr(first, text.find('\n', first) - first);
    for (const char delimiter : {'\t', ',', ';'}) {
        if (line.find(delimiter) != std::string_view::npos) return delimiter;
    }
    return ',';
}

std::string csv_field(std::string_view text) {
    const bool spaced = trimmed(text) != text;
    if (!spaced && text.find_first_of(",;\"\t\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

std::optional<std::size_t> find_column(const std::vector<std::string>& fields,
                                       std::initializer_list<std::string_view> names) {
    const auto lower = [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); };
    for (const auto wanted : names) {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (std::ranges::equal(trimmed(fields[i]), wanted, {}, lower)) return i;
        }
    }
    return std::nullopt;
}

LabelColumns::LabelColumns(const std::vector<std::string>& header)
    : file(find_column(header, {"file", "filename", "file_name", "path", "id"})),
      onset(find_column(header, {"onset", "onset_s", "start", "start_s"})),
      offset(find_column(header, {"offset", "offset_s", "end", "end_s"})),
      label(find_column(header, {"label", "event_label", "class", "category"})),
      labels(find_column(header, {"event_labels", "labels"})),
      source(find_column(header, {"source"})) {}

}  // namespace earshot::label
