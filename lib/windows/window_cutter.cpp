#include "windows/window_cutter.h"

#include "support/error.h"

namespace earshot::windows {

WindowCutter::WindowCutter(const Windowing& windowing, std::size_t dimension)
    : windowing_(windowing),
      dimension_(dimension),
      ring_(2 * static_cast<std::size_t>(windowing.frames) * dimension),
      step_(windowing.step()) {}

void WindowCutter::push(std::span<const float> frame, const Sink& sink) {
    if (frame.size() != dimension_) throw Error("window cutter: a frame of another size");
    for (std::int64_t i = 0; rows_ == i && i < windowing_.context(); ++i) put(frame, sink);
    put(frame, sink);
}

void WindowCutter::put(std::span<const float> frame, const Sink& sink) {
    const auto half = static_cast<std::int64_t>(ring_.size() / 2);
    const auto place = rows_ % windowing_.frames * static_cast<std::int64_t>(dimension_);
    std::ranges::copy(frame, ring_.begin() + place);
    std::ranges::copy(frame, ring_.begin() + place + half);
    ++rows_;
    const auto first = windows_ * step_;  // of the next window
    if (rows_ != first + windowing_.frames) return;
    std::int64_t count = windowing_.frames;
    if (windowing_.has_context()) count = end_ > 0 ? std::min(windowing_.hop, end_ - first) : windowing_.hop;
    cut({first, count}, sink);
}

void WindowCutter::finish(const Sink& sink) {
    if (windowing_.has_context()) {
        finish_with_context(sink);
    } else if (windows_ < windowing_.count(rows_)) {
        const auto first = windowing_.start(windows_, rows_), present = rows_ - first;
        if (present < windowing_.frames) {
            pad_window(std::span(ring_).first(ring_.size() / 2), static_cast<std::size_t>(present),
                       dimension_, windowing_.padding);
        }
        cut({first, present}, sink);
    }
    reset();
}

/// The last frame stands for what comes after the recording.
void WindowCutter::finish_with_context(const Sink& sink) {
    if (rows_ == 0) return;
    end_ = rows_ - windowing_.context();
    const auto last = static_cast<std::size_t>((rows_ - 1) % windowing_.frames) * dimension_;
    const std::vector<float> frame(ring_.begin() + static_cast<std::ptrdiff_t>(last),
                                   ring_.begin() + static_cast<std::ptrdiff_t>(last + dimension_));
    while (windows_ < windowing_.count(end_)) put(frame, sink);
}

void WindowCutter::reset() { rows_ = windows_ = end_ = 0; }

void WindowCutter::cut(const RowSpan& rows, const Sink& sink) {
    ++windows_;
    const auto oldest = static_cast<std::size_t>(rows.first % windowing_.frames) * dimension_;
    sink(std::span(ring_).subspan(oldest, ring_.size() / 2), rows);
}

}  // namespace earshot::windows
