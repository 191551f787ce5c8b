#pragma once

#include <string>
#include <string_view>

#include "label/timeline.h"
#include "support/error.h"

// What the text formats of labels have in common. Errors say what is wrong and leave to say where to the
// readers, which know (located): a million lines need no text of their place.

namespace earshot::label {

/// The text without its byte order mark.
/// @throws Error with the line if it is not UTF-8, naming UTF-16 and binary data as such
std::string_view plain_text(std::string_view text, const std::string& name);
/// The same for tables, in which file names may have any bytes; what else must be UTF-8, check_utf8 says.
std::string_view table_text(std::string_view text, const std::string& name);
/// @throws Error if the text is not UTF-8
void check_utf8(std::string_view text);

/// Without spaces, tabs and carriage returns around it.
std::string_view trimmed(std::string_view text);

/// @throws Error if the label is empty or has control characters (a tab, a line end)
std::string checked_label(std::string_view label);

/// An event from its fields: seconds with a decimal point, 0 <= onset <= offset.
Event checked_event(std::string_view onset, std::string_view offset, std::string_view label);
/// @throws Error unless 0 <= onset_s <= offset_s
void check_interval(double onset_s, double offset_s);

/// Returns what work() does. An Error from it gets the place in front: "labels.txt: line 3: ..."
/// @param where  called only then
template <class Where, class Work>
auto located(const Where& where, const Work& work) {
    try {
        return work();
    } catch (const Error& error) {
        throw Error(where() + ": " + error.what());
    }
}

/// A label as written between tabs or in JSON. @throws Error for one that could not be read again
const std::string& writable_label(const std::string& label);
/// A file name between tabs. @throws Error if it has a tab or line end itself
std::string_view writable_name(std::string_view name);

/// The shortest decimal that reads back as the same number, never in exponential notation.
std::string seconds_text(double seconds);

}  // namespace earshot::label
