#pragma once

#include <string>
#include <string_view>

#include "label/timeline.h"
#include "support/error.h"

// Shared by the text formats. Errors say what is wrong; the readers, which know the place, prefix it
// (located), so that it is formatted only when needed.

namespace earshot::label {

/// The text without its byte order mark.
/// @throws Error with the line if it is not UTF-8, naming UTF-16 and binary data as such
std::string_view plain_text(std::string_view text, const std::string& name);
/// The same for tables, in which file names may have any bytes; the reader checks the other fields.
std::string_view table_text(std::string_view text, const std::string& name);
/// @throws Error if the text is not UTF-8
void check_utf8(std::string_view text);

/// Removes surrounding spaces, tabs and carriage returns.
std::string_view trimmed(std::string_view text);

/// @throws Error if the label is empty or has control characters (a tab, a line end)
std::string checked_label(std::string_view label);

/// An event from its fields: seconds with a decimal point, 0 <= onset <= offset.
Event checked_event(std::string_view onset, std::string_view offset, std::string_view label);
/// @throws Error unless 0 <= onset_s <= offset_s
void check_interval(double onset_s, double offset_s);

/// Returns the result of work(). Its errors are prefixed with the place: "labels.txt: line 3: ..."
/// @param where  called only on error
template <class Where, class Work>
auto located(const Where& where, const Work& work) {
    try {
        return work();
    } catch (const Error& error) {
        throw Error(where() + ": " + error.what());
    }
}

/// The label. @throws Error if it could not be read back
const std::string& writable_label(const std::string& label);
/// The file name. @throws Error if it contains a tab or line end
std::string_view writable_name(std::string_view name);

/// The shortest decimal that reads back as the same number, without exponent.
std::string seconds_text(double seconds);

}  // namespace earshot::label
