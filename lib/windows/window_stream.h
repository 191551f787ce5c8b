#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "frontend/frontend.h"
#include "windows/window_cutter.h"
#include "windows/window_grid.h"

namespace earshot::windows {

/// Takes a window, valid during the call, and what it covers of the recording, in seconds from the
/// recording's start. Where the recording ends inside it, offset_s is less than a whole window after onset_s.
/// A window with context covers the frames that it decides (WindowGrid).
using WindowSink = std::function<void(std::span<const float> window, double onset_s, double offset_s)>;

/// Samples in, windows out: the front end and the cutter of one recording after the other. Windows are
/// bit-identical however the samples are divided into blocks. An exception, from the sink too, resets it.
///
/// Where windows of one frame overlap (Windowing::overlaps_frames), window i is the frame that the front end
/// makes of the samples of stretch i alone. So a network hears what it was trained on, more often. What
/// follows the last whole stretch is framed as the front end frames the end of a recording.
class WindowStream {
 public:
    /// @param frontend  must outlive this
    /// @throws Error as make_grid
    WindowStream(frontend::Frontend& frontend, const Windowing& windowing);

    int rate_hz() const { return shape_.rate_hz; }
    const WindowGrid& grid() const { return grid_; }
    /// Numbers of a window: K frames of D numbers, one frame after the other.
    std::size_t window_values() const { return window_values_; }

    /// Starts a recording whose first sample is at start_s. Drops one that was abandoned half-way.
    void begin(double start_s = 0);
    /// @throws Error for samples that have no frames (NaN, infinite)
    void push(std::span<const float> samples, const WindowSink& sink);
    /// Where samples may be written instead of being copied by push(); empty if there is no such place. Then
    /// call take(). Anything else invalidates it.
    std::span<float> room();
    /// @param count  samples written to the front of room()
    void take(std::size_t count, const WindowSink& sink);
    /// Emits the windows that are complete but held back, to compute many frames at once.
    void flush(const WindowSink& sink);
    /// The end of the recording: emits what is still due, and resets.
    void finish(const WindowSink& sink);
    void reset() { begin(); }

 private:
    frontend::FrameSink framed(const WindowSink& sink);
    WindowCutter::Sink timed(const WindowSink& sink);
    void emit(std::span<const float> window, double onset_s, const WindowSink& sink) const;
    void push_stretches(std::span<const float> samples, const frontend::FrameSink& sink);
    void finish_stretches(const frontend::FrameSink& sink);

    frontend::Frontend& frontend_;
    FrameShape shape_;
    WindowGrid grid_;
    std::size_t window_values_;
    std::optional<WindowCutter> cutter_;        // nothing: each frame is a window
    std::optional<SampleStretches> stretches_;  // where frames overlap
    std::vector<float> pending_;                // samples, from the beginning of the next stretch on
    double start_s_ = 0;
    double first_onset_s_ = 0;  // of the recording's first frame
    std::int64_t frames_ = 0;   // of the recording so far
    std::int64_t samples_ = 0;
};

}  // namespace earshot::windows
