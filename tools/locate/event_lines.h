#pragma once

#include <istream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "support/input.h"

namespace earshot::tools {

/// An event as given, with all members of its line.
struct GivenEvent {
    double onset_s, offset_s;
    nlohmann::ordered_json row;
};

/// Reads events one at a time, as JSON Lines from `earshot detect`.
class EventLines {
 public:
    /// @param path  `-` is standard input
    explicit EventLines(const std::string& path);

    /// The next event; empty at the end. @throws Error naming the line
    std::optional<GivenEvent> next();
    /// File and line of the last one: "events.jsonl: line 3".
    std::string where() const;

 private:
    InputBuffer buffer_;
    std::istream stream_;
    std::size_t line_ = 0;
};

}  // namespace earshot::tools
