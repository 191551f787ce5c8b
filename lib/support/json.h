#pragma once

#include <cstddef>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "support/error.h"

// The only place that parses JSON. Files are untrusted: nlohmann's copy, comparison and dump recurse
// once per level, so that text nested deeply enough would overflow the stack, and its exceptions are not
// ours.

namespace earshot {

/// Levels of arrays and objects that are accepted. What earshot writes has fewer than ten.
constexpr int kMaxJsonDepth = 64;
constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 30;

/// @tparam Json  nlohmann::ordered_json, or nlohmann::json where objects may have very many members
/// @param name  of the file, with a line if need be; every error begins with it
/// @throws Error with line and column for what is not JSON, is nested too deeply, has a number that no double
/// holds, or is larger than kMaxJsonBytes
template <class Json = nlohmann::ordered_json>
Json parse_json(std::string_view text, const std::string& name);

/// For a line that may be damaged or not be JSON at all: nothing instead of an error.
std::optional<nlohmann::ordered_json> try_parse_json(std::string_view text);

/// Reads a JSON file; `-` is standard input.
/// @throws Error if it cannot be read, is larger than max_bytes, or as parse_json()
nlohmann::ordered_json read_json(const std::string& path, std::size_t max_bytes = kMaxJsonBytes);

/// Hands the events of a JSON text to `handler`, which may stop by returning false.
/// @throws Error for a text nested too deeply, and whatever the handler throws; the handler itself learns of
/// invalid JSON through its parse_error()
void stream_json(std::string_view text, nlohmann::json_sax<nlohmann::json>& handler, const std::string& name);
/// The same for texts larger than memory.
void stream_json(std::istream& text, nlohmann::json_sax<nlohmann::json>& handler, const std::string& name);

/// "labels.json: line 2, column 5: syntax error ...", from what a handler's parse_error() is told.
Error json_error(const std::string& name, std::size_t byte, const nlohmann::json::exception& error);

/// Returns what work() does, where it takes values out of JSON (get, at, value). A member that is missing or
/// of another type becomes an Error that begins with `name`.
template <class Work>
auto json_members(const std::string& name, const Work& work) {
    try {
        return work();
    } catch (const nlohmann::json::exception& error) {
        throw json_error(name, 0, error);
    }
}

}  // namespace earshot
