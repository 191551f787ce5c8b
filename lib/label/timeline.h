#pragma once

#include <optional>
#include <string>
#include <vector>

namespace earshot::label {

/// Something that happened from onset to offset. Seconds from the start of the recording.
struct Event {
    double onset_s = 0;
    double offset_s = 0;  // infinity: until the end of the recording
    std::string label;
    std::optional<double> score;  // of a detected event
    bool operator==(const Event&) const = default;

    /// The label is of the recording as a whole, of unknown length, and says nothing about when it sounds.
    bool is_of_recording() const;
};

/// The labels of one recording, sorted by onset. Events may overlap and leave gaps.
struct Timeline {
    std::vector<Event> events;
    /// Onsets were rounded down to a multiple of this, and offsets up, as labels.json has whole seconds. 0:
    /// exact.
    double resolution_s = 0;

    /// Every label is of the recording as a whole (a weak label), and there is one.
    bool is_weak() const;
    /// Sorts by onset, then offset, then label, so that equal events are always in the same order.
    void sort();
    /// Ends open events at the recording's end, and truncates or drops events past it.
    /// @return number of events changed because they began or ended more than tolerance_s past the end
    int clip(double duration_s, double tolerance_s = 0.05);
    /// Removes overlaps: where events overlap, the one with the highest score stays (with equal or no scores,
    /// the one that began first), and the others lose that part. Events must be sorted.
    void keep_strongest();
    /// How many seconds of an interval a label covers.
    struct Cover {
        std::string label;
        double seconds;
    };
    /// Of each label with an event in [onset_s, offset_s), in alphabetical order. Overlapping events of one
    /// label count once. Events must be sorted.
    std::vector<Cover> covers(double onset_s, double offset_s) const;
    /// The label that covers most of [onset_s, offset_s). On a tie, the first in alphabetical order; empty if
    /// no event overlaps the interval. Events must be sorted.
    std::optional<Cover> dominant(double onset_s, double offset_s) const;
};

}  // namespace earshot::label
