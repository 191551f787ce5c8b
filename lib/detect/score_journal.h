#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "detect/recording_scorer.h"

namespace earshot::detect {

/// What a long batch has come to so far, on disk, so that a run that was killed goes on where it stood: a
/// file of JSON lines beside the output, the first of which says what all scores depend on. A recording
/// counts as done once the batch that it was in has been synced to disk; a line that a crash has cut short
/// counts for nothing.
class ScoreJournal {
 public:
    /// Goes on with the journal of a run of the same settings, or starts a new one.
    /// @param settings  everything that scores depend on besides the recording
    /// @throws WriteError if it cannot be written
    ScoreJournal(std::string path, const nlohmann::ordered_json& settings);
    ~ScoreJournal();
    ScoreJournal(const ScoreJournal&) = delete;
    ScoreJournal& operator=(const ScoreJournal&) = delete;

    /// Null if the recording has not been scored, or has changed since (by size and time).
    const RecordingScores* find(const std::string& recording) const;

    /// Notes a recording that has been scored; those that came to nothing are tried again by the next run.
    void add(const std::string& recording, const RecordingScores& scores);
    /// What has been added survives a crash from now on.
    void sync();

    /// The output is complete: the journal is no longer needed.
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
