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
#include "windows/window_stream.h"

namespace earshot::dataset {

/// Finds the classes of each frame of a recording, in order of onset: the label that covers most of the
/// frame's slot, one hop around its centre, and all others that cover more than half of it. So each moment
/// counts for one frame, however far frames overlap. One pass over the events, however many there are.
class FrameLabeller {
 public:
    /// Keeps references to the timeline and the labels.
    /// @throws Error if the timeline has a label that is not in `labels`
    FrameLabeller(const label::Timeline& timeline, std::span<const std::string> labels, double hop_s,
                  double window_s);

    /// The class index of a frame that begins at onset_s; -1 if no event reaches into its slot.
    /// Onsets must not decrease. @param offset_s  its end, or the recording's, if that is before
    std::int64_t class_of(double onset_s, double offset_s);
    /// Where several events reach into the slot of the frame that class_of() was asked about last: the
    /// classes that cover more than half of it. Without overlaps, that is at most the answer of class_of().
    std::vector<std::size_t> overlapping() const;

 private:
    const label::Timeline& timeline_;
    label::LabelIndex labels_;
    double hop_s_, window_s_;
    std::size_t next_ = 0;        // first event that has not begun
    label::Timeline current_;     // events that have begun and not ended
    windows::WindowSlot slot_{};  // of the last frame
};

struct FramingOptions {
    std::string name;                                     // of the recording, for messages
    double start_s = 0;                                   // of the source within the recording
    std::function<void(double done_s)> progress;          // called about once a second
    std::function<void(std::span<const float>)> samples;  // called with all samples before they are framed
    bool interrupt_ends = false;  // live sound: an interrupt ends it, and no frame is held back
};

/// Reads a mono source to its end and cuts its windows: the one way from sound to frames and windows, so that
/// datasets, detection and evaluation see the same. Resets the stream afterwards.
/// @return  seconds of sound read
/// @throws Error for sound that has no frames (NaN); Interrupted between blocks, unless interrupt_ends
double frame_recording(audio::Source& source, windows::WindowStream& windows, const FramingOptions& options,
                       const windows::WindowSink& sink);
/// The same for the frames of a front end: windows of one frame.
double frame_recording(audio::Source& source, frontend::Frontend& frontend, const FramingOptions& options,
                       const windows::WindowSink& sink);

/// The damage in a source, one line per place: "at 12.300 s: invalid data".
std::vector<std::string> damage_texts(const audio::Source& source);

/// Fills the gaps between events, and all time after the last one, with events of this label.
void fill_gaps(label::Timeline& timeline, const std::string& label);

}  // namespace earshot::dataset
