#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "label/label_text.h"

namespace earshot::label {

/// Rows of tab-, comma- or semicolon-separated text. Blank lines are skipped, CRLF is a line end. Between
/// commas and semicolons, fields may be quoted as in RFC 4180; between tabs, quotation marks have no special
/// meaning.
class DelimitedReader {
 public:
    DelimitedReader(std::string_view text, std::string name, char delimiter);

    /// The next row that is not blank. False at the end. @throws Error for unbalanced quotes
    bool next();
    const std::vector<std::string>& fields() const { return fields_; }
    /// Calls work() for every remaining row; its errors are prefixed with the line.
    template <class Work>
    void each_row(const Work& work) {
        while (next()) located([this] { return where(); }, work);
    }
    /// @param file  column of file names, which may have any bytes
    /// @throws Error unless the other fields are UTF-8
    void require_utf8(std::optional<std::size_t> file) const;
    /// Where the row begins: "labels.csv: line 3".
    std::string where() const;

 private:
    void read_field(std::size_t index);
    std::string_view until_delimiter(std::string_view text) const;

    std::string_view rest_;
    std::string name_;
    char delimiter_;
    std::size_t line_ = 0;       // of the row
    std::size_t next_line_ = 1;  // of rest_
    bool row_ended_ = false;
    std::vector<std::string> fields_;
};

/// Tab if the first line that is not blank has one, else comma, else semicolon; comma if it has none.
char sniff_delimiter(std::string_view text);

/// A field of a CSV row, quoted if necessary.
std::string csv_field(std::string_view text);

/// Index of the field that matches the earliest of `names`, ignoring case and surrounding spaces.
std::optional<std::size_t> find_column(const std::vector<std::string>& fields,
                                       std::initializer_list<std::string_view> names);

/// Finds columns by the names commonly used for them.
struct LabelColumns {
    explicit LabelColumns(const std::vector<std::string>& header);
    std::optional<std::size_t> file, onset, offset, label, labels;
    std::optional<std::size_t> source;
    /// Events with times, as DCASE lists have them. With a source beside the file, as in the manifests of
    /// `label cut`, onset and offset say where in the source the file was cut out.
    bool timed() const { return onset && offset && !(file && source); }
};

}  // namespace earshot::label
