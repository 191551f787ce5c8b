#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "support/descriptor.h"

namespace earshot::record {

/// index.jsonl of the folder of one day: a line for each segment, in the order in which they were completed.
/// Each line is written with one call and synced to disk.
class DayIndex {
 public:
    /// Opens or makes it, and cuts off half a line that a crash has left.
    explicit DayIndex(std::string folder);

    const std::string& folder() const { return folder_; }
    /// If there is no room it is written with the next line, or when the archive is opened again.
    void append(const nlohmann::ordered_json& line);
    /// The files that it names, without their folder.
    std::set<std::string> files() const;
    /// Drops the lines of these files: a new index takes the place of the old one.
    void remove(const std::set<std::string>& files);

    static constexpr const char* kName = "index.jsonl";

 private:
    void open();

    const std::string folder_, path_;
    Descriptor file_;
    std::string pending_;
};

}  // namespace earshot::record
