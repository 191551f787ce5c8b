#pragma once

#include <istream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "support/error.h"
#include "support/input.h"

namespace earshot::tools {

/// An event as given, with all members of its line.
struct GivenEvent {
    double onset_s, offset_s;
    nlohmann::ordered_json row;
};

/// Something is wrong with the events, not with the recording that they are of.
class EventError : public Error {
 public:
    using Error::Error;
};

/// Reads events one at a time, as JSON Lines from `earshot detect`.
class EventLines {
 public:
    /// @param path  `-` is standard input   @throws EventError if it cannot be opened
    explicit EventLines(const std::string& path);

    /// The next event; empty at the end. @throws EventError naming the line
    std::optional<GivenEvent> next();
    /// File and line of the last one: "events.jsonl: line 3".
    std::string where() const;

 private:
    std::optional<GivenEvent> read();

    InputBuffer buffer_;
    std::istream stream_;
    std::size_t line_ = 0;
};

}  // namespace earshot::tools
