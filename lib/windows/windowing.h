#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

namespace earshot::windows {

/// Frames [first, first + count) of a recording.
struct RowSpan {
    std::int64_t first = 0, count = 0;
    bool operator==(const RowSpan&) const = default;
};

/// How a window is filled up where the recording is shorter than it. The result depends only on the frames in
/// the window, not on the rest of the recording.
enum class Padding {
    minimum,  // with the smallest number in those frames
    mean,     // with their mean, column by column
    edge      // with the outermost frame, at both ends of every recording
};

/// How windows of `frames` frames are cut from a recording, one every step() frames.
///
/// They cover the recording and nothing else: the last window is moved back to end with the recording. Only a
/// recording shorter than a window is padded.
///
/// With Padding::edge, windows lie around the frames that they decide: window i decides `hop` frames from
/// i * hop on, and sees context() frames before and after them. So every frame of a recording is decided with
/// as much context as any other, wherever windows were cut.
struct Windowing {
    std::int64_t frames = 1;
    std::int64_t hop = 1;  // frames from one window to the next
    Padding padding = Padding::minimum;
    /// Fraction of a window that the next one covers too, 0 <= overlap < 1. Above 0 it replaces `hop`.
    double overlap = 0;
    /// Scores of each class that a window has, for as many equal parts of the frames that it decides.
    std::int64_t steps = 1;

    bool operator==(const Windowing&) const = default;

    /// Frames from one window to the next: `hop`, or what `overlap` comes to, at least 1.
    std::int64_t step() const;
    /// True where every frame is a window and windows overlap. Then the frames must overlap, so the front end
    /// runs over overlapping stretches of samples (WindowStream), and each frame that comes out is a window.
    bool overlaps_frames() const { return overlap > 0 && frames == 1 && hop == 1; }
    bool has_context() const { return padding == Padding::edge; }
    /// Frames that a window sees before those that it decides, and after them. 0 without Padding::edge.
    std::int64_t context() const { return has_context() ? (frames - hop) / 2 : 0; }
    /// Frames of one step.
    std::int64_t step_frames() const { return hop / steps; }

    /// Number of windows of a recording of `rows` frames; 0 if it has none.
    std::int64_t count(std::int64_t rows) const;
    /// First frame of window i; with Padding::edge it may be negative, and the window end after the
    /// recording.
    std::int64_t start(std::int64_t i, std::int64_t rows) const;
    /// The frames that the label of a window is taken from: step() frames around its centre. So windows that
    /// overlap are labelled by stretches that do not.
    /// @param start  first frame of the window
    RowSpan slot(std::int64_t start) const;
    /// The same for a window of one run of a recording: rows of the recording, none of them after the run. Of
    /// a run that ends before its window's centre, the last frame.
    /// @param start  first frame of the window, counted from the run's first
    RowSpan slot(std::int64_t start, const RowSpan& run) const;
};

/// @throws Error for other names than minimum, mean and edge
Padding parse_padding(std::string_view name);
std::string_view padding_name(Padding padding);

/// {"frames": K, "hop": H, "padding": "minimum"}, and "steps" above 1. The overlap is not part of a model.
nlohmann::ordered_json to_json(const Windowing& windowing);
/// @throws Error for settings that are missing or out of range: they come from untrusted files
Windowing windowing_from_json(const nlohmann::ordered_json& json);

/// Fills up a window of which only the first `present` frames, at least one, are there.
/// @param window  whole frames of `dimension` numbers
void pad_window(std::span<float> window, std::size_t present, std::size_t dimension, Padding padding);

}  // namespace earshot::windows
