#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "frontend/frontend.h"
#include "label/label_index.h"
#include "label/timeline.h"

namespace earshot::dataset {

/// Tells the class of each frame of a recording, onsets ascending: the label that covers most of the stretch,
/// a hop long, around the frame's centre. So every moment counts for one frame, however far frames overlap.
/// Looks at no event twice as often as it has frames, however many there are.
class FrameLabeller {
 public:
    /// The timeline and the labels must outlive this.
    /// @throws Error if a label of the timeline is not among `labels`
    FrameLabeller(const label::Timeline& timeline, std::span<const std::string> labels, double hop_s);

    /// Index of the class of a frame that covers [onset_s, offset_s), -1 if no event touches its stretch.
    /// Onsets must not descend.
    std::int64_t class_of(double onset_s, double offset_s);

 private:
    const label::Timeline& timeline_;
    label::LabelIndex labels_;
    double hop_s_;
    std::size_t next_ = 0;     // event not yet begun
    label::Timeline current_;  // events begun and not yet over
};

/// Takes a frame and what it covers of the recording, in seconds from the recording's start; offset_s is less
/// than a whole window after onset_s where the recording ends.
using TimedFrameSink = std::function<void(std::span<const float> frame, double onset_s, double offset_s)>;

struct FramingOptions {
    std::string name;                                     // of the recording, in front of messages
    double start_s = 0;                                   // of the source within the recording
    std::function<void(double done_s)> progress;          // now and then
    std::function<void(std::span<const float>)> samples;  // sees all that is framed
    bool interrupt_ends = false;  // live sound: an interrupt ends it, and no frame waits for others
};

/// Reads a mono source to its end and computes its frames: the one way from sound to frames, for datasets and
/// for whatever must see just what a dataset holds. The front end is as new afterwards.
/// @return  seconds of sound framed
/// @throws Error for sound that has no frames (NaN); Interrupted between blocks, unless interrupt_ends
double frame_recording(audio::Source& source, frontend::Frontend& frontend, const FramingOptions& options,
                       const TimedFrameSink& sink);

/// "at 12.300 s: invalid data", for each place.
std::vector<std::string> damage_texts(const audio::Source& source);

/// Covers what no event does with events of this label, to the recording's end.
void fill_gaps(label::Timeline& timeline, const std::string& label);

}  // namespace earshot::dataset
