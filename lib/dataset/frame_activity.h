#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "dataset/activity.h"
#include "dataset/recording.h"

namespace earshot::dataset {

/// Calls a sink with the onsets of all frames, block after block.
using OnsetStream = std::function<void(const std::function<void(std::span<const double>)>& sink)>;

/// Activity frame by frame, from what a dataset says of its frames. The background is a class like others.
class FrameActivity {
 public:
    /// The classes of the next frames; -1 for none.
    void push(std::span<const std::int64_t> classes);

    std::int64_t rows() const { return rows_; }
    /// -1 if no frame has a class.
    std::int64_t highest() const;

    /// Each frame has its class, which is foremost, and nothing else; a frame without one says nothing.
    Activity of_classes(std::size_t labels) const;
    /// A frame that has a class is labelled; which sounds is not said.
    Activity labelled_by_classes(std::size_t labels) const;
    /// Each frame has its class, as of_classes(); and where events overlap, the others that cover more than
    /// half of a frame sound in it too.
    Activity of_events(const RecordingInfo& info, const OnsetStream& onsets) const;

 private:
    struct Run {
        std::int64_t first, c;  // up to the first frame of the next run
    };
    std::vector<Run> runs_;
    std::int64_t rows_ = 0;
};

}  // namespace earshot::dataset
