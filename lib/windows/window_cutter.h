#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "windows/windowing.h"

namespace earshot::windows {

/// Cuts windows from frames that arrive one by one: the same windows that read_window() cuts from a recording
/// that is there as a whole, at the places that Windowing::count() and start() give.
/// Holds one window of frames. Allocates in the constructor and never after.
class WindowCutter {
 public:
    /// Takes a window, valid during the call, and the frames that are in it: fewer than a window's if the
    /// recording is shorter and the window is padded. With Padding::edge, the frames that it decides.
    using Sink = std::function<void(std::span<const float> window, const RowSpan& rows)>;

    /// @param dimension  numbers of a frame
    WindowCutter(const Windowing& windowing, std::size_t dimension);

    void push(std::span<const float> frame, const Sink& sink);
    /// The end of the recording: cuts the last window if it is still due, and resets.
    void finish(const Sink& sink);
    /// Drops a recording half-way.
    void reset();

 private:
    void put(std::span<const float> frame, const Sink& sink);
    void finish_with_context(const Sink& sink);
    void cut(const RowSpan& rows, const Sink& sink);

    Windowing windowing_;
    std::size_t dimension_;
    std::vector<float>
        ring_;  // two windows long: each frame is written twice, so that every window is contiguous
    std::int64_t rows_ = 0;  // frames in the ring so far, with those before the recording
    std::int64_t step_;
    std::int64_t windows_ = 0;  // cut so far
    std::int64_t end_ = 0;      // frames of the recording, once it has ended
};

/// Reads one window of a recording that is there as a whole: in memory, mapped or in a file. It is moved to
/// lie within the run, and padded if the run is shorter; with Padding::edge it stays where it is, and is
/// padded before and after the run.
/// @param run     frames of the recording without a gap
/// @param first   first frame of the window, counted from the run's first
/// @param window  whole frames of `dimension` numbers
/// @param read    read(row, values) fills `values` with the recording's frames from `row` on
template <class ReadRows>
void read_window(std::span<float> window, const RowSpan& run, std::int64_t first, std::size_t dimension,
                 Padding padding, const ReadRows& read) {
    const auto frames = static_cast<std::int64_t>(window.size() / dimension);
    if (padding == Padding::edge) {
        const std::int64_t begin = std::clamp<std::int64_t>(first, 0, run.count - 1);
        const std::int64_t end = std::clamp<std::int64_t>(first + frames, begin + 1, run.count);
        const auto before =
            static_cast<std::size_t>(std::clamp<std::int64_t>(-first, 0, frames - 1)) * dimension;
        const auto present = static_cast<std::size_t>(end - begin) * dimension;
        read(run.first + begin, window.subspan(before, present));
        for (std::size_t i = before; i-- > 0;) window[i] = window[i + dimension];
        pad_window(window.subspan(before), present / dimension, dimension, padding);
        return;
    }
    first = std::clamp<std::int64_t>(first, 0, std::max<std::int64_t>(0, run.count - frames));
    const auto present = static_cast<std::size_t>(std::min(frames, run.count - first));
    read(run.first + first, window.first(present * dimension));
    pad_window(window, present, dimension, padding);
}

}  // namespace earshot::windows
