#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/true_events.h"
#include "metrics/event_evaluation.h"

namespace earshot::evaluate {

/// Which events count, and what makes a detected one right.
struct TimelineChoice {
    std::vector<std::string> tags;          // only these labels; empty: all
    std::vector<std::string> leave_out;     // but not these
    std::string background = "background";  // label that is no event
    metrics::EventCriteria criteria;

    bool wants(const std::string& label) const;
};

/// What any program detected.
struct DetectedEvents {
    std::vector<std::string> files;  // label files, or directories of them
    std::string scores;              // directory of score tables; empty: none
};

/// Judges detected events against true ones. No model is needed.
class TimelineJudge {
 public:
    TimelineJudge(TrueEvents truth, TimelineChoice choice);

    /// Reads what was detected, and judges all recordings. A recording of which nothing was detected counts;
    /// one that the truth does not name is left out, with a warning. Without files, neighbouring steps of at
    /// least kStepThreshold in the score tables are events.
    /// @throws Error for what can't be read, for names that may be several recordings, and if no
    ///         recording has labels with times
    void judge(const DetectedEvents& detected);
    static constexpr double kStepThreshold = 0.5;

    metrics::EventEvaluation& evaluation() { return *evaluation_; }
    const std::vector<std::string>& warnings() const { return warnings_; }
    /// Recordings whose labels have no times.
    std::size_t left_out() const { return left_out_; }
    /// Recordings whose length is not known; the end of their last event or score is used.
    std::size_t guessed_lengths() const { return guessed_lengths_; }

 private:
    struct Found {
        label::Timeline timeline;
        std::string table;  // of scores
        std::string name;   // as the files of events have it
    };
    void read_events(const std::vector<std::string>& files);
    void read_tables(const std::string& directory);
    void take(const std::string& name, label::Timeline timeline, const std::string& file);
    void choose_labels();
    void warn_of_unscored(const std::string& directory);
    void add(std::size_t recording);
    std::vector<metrics::LabelEvents> events_of(std::size_t recording, double end_s,
                                                const metrics::ScoreSequence* detections) const;
    double end_of(std::size_t recording, const std::optional<metrics::ScoreSequence>& scores);

    TrueEvents truth_;
    TimelineChoice choice_;
    std::vector<Found> found_;  // in the order of the recordings
    bool has_events_ = false;   // of files
    std::vector<std::string> labels_;
    std::vector<bool> scored_;  // of each label, whether a table has a column for it
    std::optional<metrics::EventEvaluation> evaluation_;
    std::vector<std::string> unknown_;  // recordings that the truth does not name
    std::vector<std::string> warnings_;
    std::size_t left_out_ = 0, guessed_lengths_ = 0;
};

}  // namespace earshot::evaluate
