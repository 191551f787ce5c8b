#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "detect/recording_scorer.h"

namespace earshot::detect {

/// The results of a long batch so far, on disk, so that a killed run can be resumed: a file of JSON lines
/// beside the output. The first line holds everything that all scores depend on. A recording is done once its
/// batch has been synced to disk. A line truncated by a crash is ignored.
class ScoreJournal {
 public:
    /// Resumes the journal of a run with the same settings, or starts a new one.
    /// @param settings  everything that scores depend on besides the recording
    /// @throws WriteError if it cannot be written
    ScoreJournal(std::string path, const nlohmann::ordered_json& settings);
    ~ScoreJournal();
    ScoreJournal(const ScoreJournal&) = delete;
    ScoreJournal& operator=(const ScoreJournal&) = delete;

    /// Null if the recording has not been scored, or has changed since (by size and modification time).
    const RecordingScores* find(const std::string& recording) const;

    /// Adds a recording that has been scored. The next run tries failed ones again.
    void add(const std::string& recording, const RecordingScores& scores);
    /// Makes sure that what has been added survives a crash.
    void sync();

    /// Deletes the journal: the output is complete.
    void remove();

 private:
    struct Entry {
        std::int64_t bytes, changed_ns;
        RecordingScores scores;
    };
    void read(const nlohmann::ordered_json& settings);

    std::string path_, pending_;
    int descriptor_ = -1;
    std::map<std::string, Entry> done_;
};

}  // namespace earshot::detect
