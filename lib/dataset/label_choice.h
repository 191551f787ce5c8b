#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "dataset/activity.h"

namespace earshot::dataset {

/// How the labels of an example follow from what is known of its frames: the one rule for all that learns and
/// judges. Labels are the classes of the activity, and the background.
struct LabelChoice {
    std::optional<std::size_t> background;  // what frames are in which nothing sounds; none: they don't count
    std::optional<std::size_t> outside;     // the class of sounds that are none of the labels, if it counts
    /// The example is a recording: whatever sounds in it at all counts, and the background only if nothing
    /// does. Else it is a stretch of time, and what sounds in most of it counts.
    bool anywhere = false;

    /// The one label of an example, for networks that name one: what is foremost in most frames. On a tie the
    /// lowest number, but `outside` before all. Nothing if nobody said.
    std::optional<std::size_t> one(const Activity::Tally& tally) const;
    /// That label, and all others that sound in more than half of the frames of which anything is known (or
    /// anywhere). Empty if nobody said.
    std::vector<std::size_t> all(const Activity::Tally& tally) const;
};

}  // namespace earshot::dataset
