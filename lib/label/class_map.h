#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace earshot::label {

/// The names of a network's classes, in the order of its scores: a CSV with a column `display_name`, as
/// YAMNet and others that learnt from AudioSet have it, or else a text with one name a line. A name that
/// occurs again gets its number, "Knock (2)", so that each is another label.
/// @param text  of the file, named `name` in messages
/// @throws Error if there is no name, an empty one, or text that is not UTF-8
std::vector<std::string> parse_class_map(std::string_view text, const std::string& name);

}  // namespace earshot::label
