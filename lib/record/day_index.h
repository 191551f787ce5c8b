#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "support/descriptor.h"

namespace earshot::record {

/// index.jsonl in the folder of one day: one line per segment, in the order of completion. Each line is
/// written with one call and synced to disk.
class DayIndex {
 public:
    /// Opens or creates it, and truncates an incomplete last line.
    explicit DayIndex(std::string folder);

    const std::string& folder() const { return folder_; }
    /// On a full disk the line is written together with the next one, or rebuilt when the archive is opened.
    void append(const nlohmann::ordered_json& line);
    /// Names of the files it lists, without their folder.
    std::set<std::string> files() const;
    /// Deletes the lines of these files by replacing the index.
    void remove(const std::set<std::string>& files);

    static constexpr const char* kName = "index.jsonl";

 private:
    void open();

    const std::string folder_, path_;
    Descriptor file_;
    std::string pending_;
};

}  // namespace earshot::record
