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
};

/// The labels of one recording, sorted by onset. Events may overlap and leave gaps.
struct Timeline {
    std::vector<Event> events;

    /// By onset, then offset, then label: the same events always come out in the same order.
    void sort();
    /// Ends open events at the recording's end and cuts off or drops what lies past it.
    /// @return number of events changed because they began or ended more than tolerance_s past the end
    int clip(double duration_s, double tolerance_s = 0.05);
    /// Makes events follow each other: where some overlap, the one with the highest score stays (of equals,
    /// or without scores, the one that began first) and the others lose that part of theirs. Needs sorted
    /// events.
    void keep_strongest();
    /// Label that covers most of [onset_s, offset_s) and how much of it, in seconds; where events of one
    /// label overlap, time counts once. Of equals the first in order of name. Nothing if no event touches it.
    /// Needs sorted events.
    struct Cover {
        std::string label;
        double seconds;
    };
    std::optional<Cover> dominant(double onset_s, double offset_s) const;
};

}  // namespace earshot::label
