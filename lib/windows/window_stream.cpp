#include "windows/window_stream.h"

#include <algorithm>

#include "frontend/or_reset.h"

namespace earshot::windows {

WindowStream::WindowStream(frontend::Frontend& frontend, const Windowing& windowing)
    : frontend_(frontend),
      shape_(shape_of(frontend)),
      grid_(make_grid(shape_, windowing)),
      window_values_(static_cast<std::size_t>(windowing.frames) * shape_.dimension) {
    if (windowing.overlaps_frames()) {
        stretches_ = overlapping_stretches(shape_, windowing.overlap);
        pending_.reserve(2 * stretches_->length);
    } else if (windowing.frames > 1 || windowing.step() > 1) {
        cutter_.emplace(windowing, shape_.dimension);
    }
}

void WindowStream::begin(double start_s) {
    frontend_.reset();
    if (cutter_) cutter_->reset();
    pending_.clear();
    start_s_ = start_s;
    frames_ = samples_ = 0;
}

void WindowStream::push(std::span<const float> samples, const WindowSink& sink) {
    samples_ += static_cast<std::int64_t>(samples.size());
    frontend::or_reset(*this, [&] {
        if (stretches_)
            push_stretches(samples, framed(sink));
        else
            frontend_.push(samples, framed(sink));
    });
}

std::span<float> WindowStream::room() { return stretches_ ? std::span<float>() : frontend_.room(); }

void WindowStream::take(std::size_t count, const WindowSink& sink) {
    samples_ += static_cast<std::int64_t>(count);
    frontend::or_reset(*this, [&] { frontend_.take(count, framed(sink)); });
}

void WindowStream::flush(const WindowSink& sink) {
    frontend::or_reset(*this, [&] { frontend_.flush(framed(sink)); });
}

void WindowStream::finish(const WindowSink& sink) {
    frontend::or_reset(*this, [&] {
        if (stretches_)
            finish_stretches(framed(sink));
        else
            frontend_.finish(framed(sink));
        if (cutter_) cutter_->finish(timed(sink));
    });
    reset();
}

/// Takes frames and emits the windows that they complete.
frontend::FrameSink WindowStream::framed(const WindowSink& sink) {
    if (stretches_) {
        return [this, &sink](std::span<const float> frame, double) {
            const auto begin = frames_++ * static_cast<std::int64_t>(stretches_->hop);
            emit(frame, static_cast<double>(begin) / shape_.rate_hz, sink);
        };
    }
    if (cutter_) {
        return [this, &sink](std::span<const float> frame, double onset_s) {
            if (frames_++ == 0) first_onset_s_ = onset_s;
            cutter_->push(frame, timed(sink));
        };
    }
    return [this, &sink](std::span<const float> frame, double onset_s) { emit(frame, onset_s, sink); };
}

WindowCutter::Sink WindowStream::timed(const WindowSink& sink) {
    return [this, &sink](std::span<const float> window, const RowSpan& rows) {
        emit(window, first_onset_s_ + static_cast<double>(rows.first) * shape_.hop_s, sink);
    };
}

void WindowStream::emit(std::span<const float> window, double onset_s, const WindowSink& sink) const {
    const double end_s = static_cast<double>(samples_) / shape_.rate_hz;
    sink(window, start_s_ + onset_s, start_s_ + std::min(onset_s + grid_.window_s, end_s));
}

void WindowStream::push_stretches(std::span<const float> samples, const frontend::FrameSink& sink) {
    const auto [length, hop] = *stretches_;
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), 2 * length - pending_.size()));
        pending_.insert(pending_.end(), part.begin(), part.end());
        samples = samples.subspan(part.size());
        std::size_t begin = 0;
        for (; pending_.size() - begin >= length; begin += hop)
            frontend_.push(std::span(pending_).subspan(begin, length), sink);
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(begin));
    }
}

void WindowStream::finish_stretches(const frontend::FrameSink& sink) {
    const auto [length, hop] = *stretches_;
    const std::size_t heard =
        frames_ == 0 ? 0 : length - hop;  // of what is pending, by the last whole stretch
    if (pending_.size() <= heard) return;
    frontend_.push(pending_, sink);
    frontend_.finish(sink);
}

}  // namespace earshot::windows
