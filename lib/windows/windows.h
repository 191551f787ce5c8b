#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace earshot::windows {

/// Frames [first, first + count) of a recording.
struct RowSpan {
    std::int64_t first = 0, count = 0;
    bool operator==(const RowSpan&) const = default;
};

/// Finds the breaks of a recording: where a frame begins later after the one before than frames do, as at the
/// end of each waveform of a file of many, or where a device was silent. Windows do not reach across.
class RunFinder {
 public:
    /// Onsets of the next frames, in seconds; NaN where they are not known, which breaks nothing.
    void push(std::span<const double> onsets_s);
    /// Stretches of so many rows without a break, in order: all of them where no onsets were pushed.
    std::vector<RowSpan> runs(std::int64_t rows) const;

 private:
    std::vector<std::int64_t> breaks_;  // rows that a new run begins with
    std::int64_t rows_ = 0;
    double last_s_ = 0, step_s_ = 0;  // of the last frame; the shortest so far, 0 before the second frame
};

/// What stands where a recording is shorter than a window. Both depend on nothing but the frames in the
/// window.
enum class Padding {
    minimum,  // the smallest value of the frames that are there
    mean      // of each number of a frame, the mean over the frames that are there
};

/// How windows of `frames` frames are cut from a recording, one every `hop` frames.
///
/// They cover the recording and no more: the last one is moved back to end where the recording ends. Only a
/// recording shorter than a window is padded.
struct Windowing {
    std::int64_t frames = 1;
    std::int64_t hop = 1;
    Padding padding = Padding::minimum;

    bool operator==(const Windowing&) const = default;

    /// Windows of a recording of `rows` frames; 0 if it has none.
    std::int64_t count(std::int64_t rows) const;
    /// First frame of window i.
    std::int64_t start(std::int64_t i, std::int64_t rows) const;
    /// What a window that starts there is labelled by: as many of its frames around its centre as the hop
    /// has, so that windows which overlap speak for stretches that do not.
    RowSpan slot(std::int64_t start) const;
    /// The same of a window of a stretch of a recording, as rows of the recording, none of them after the
    /// stretch.
    /// @param start  in the stretch
    RowSpan slot(std::int64_t start, const RowSpan& run) const;
};

/// @throws Error for other names than minimum and mean
Padding parse_padding(std::string_view name);

/// {"frames": K, "hop": S, "padding": "minimum"}
nlohmann::ordered_json to_json(const Windowing& windowing);
/// @throws Error for what is missing or out of range: it comes from files of strangers
Windowing windowing_from_json(const nlohmann::ordered_json& json);

/// Fills a window of which the first `present` frames, at least one, are there.
/// @param window  whole frames of `dimension` numbers
void pad_window(std::span<float> window, std::size_t present, std::size_t dimension, Padding padding);

/// Cuts the windows of a recording that comes frame by frame: the same windows as count() and start() say.
/// Holds one window of frames; allocates when constructed and never after.
class WindowCutter {
 public:
    using Sink = std::function<void(std::span<const float> window)>;

    WindowCutter(const Windowing& windowing, std::size_t dimension);

    void push(std::span<const float> frame, const Sink& sink);
    /// The end of the recording: the window that is still due, if any. Then as new.
    void finish(const Sink& sink);
    /// Forgets a recording that is given up half-way.
    void reset();

 private:
    void emit(const Sink& sink);

    Windowing windowing_;
    std::size_t dimension_;
    std::vector<float> ring_;   // two windows long, written twice, so that every window lies in one piece
    std::int64_t rows_ = 0;     // frames taken
    std::int64_t covered_ = 0;  // frames that a window has covered
};

}  // namespace earshot::windows
