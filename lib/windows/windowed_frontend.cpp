#include "windows/windowed_frontend.h"

#include <algorithm>
#include <utility>

#include "frontend/or_reset.h"

namespace earshot::windows {

WindowedFrontend::WindowedFrontend(std::unique_ptr<frontend::Frontend> inner, const Windowing& windowing)
    : inner_(std::move(inner)), windowing_(windowing), cutter_(windowing, inner_->dimension()) {}

std::size_t WindowedFrontend::dimension() const {
    return static_cast<std::size_t>(windowing_.frames) * inner_->dimension();
}

/// A sink of frames that hands on the windows which they complete.
frontend::FrameSink WindowedFrontend::cut(const frontend::FrameSink& sink) {
    return [this, &sink](std::span<const float> frame, double onset_s) {
        if (frames_++ == 0) first_onset_s_ = onset_s;
        const auto first = std::max<std::int64_t>(0, frames_ - windowing_.frames);
        cutter_.push(frame, [&](std::span<const float> window) {
            sink(window, first_onset_s_ + static_cast<double>(first) * inner_->hop_s());
        });
    };
}

void WindowedFrontend::push(std::span<const float> samples, const frontend::FrameSink& sink) {
    frontend::or_reset(*this, [&] { inner_->push(samples, cut(sink)); });
}

void WindowedFrontend::flush(const frontend::FrameSink& sink) {
    frontend::or_reset(*this, [&] { inner_->flush(cut(sink)); });
}

void WindowedFrontend::finish(const frontend::FrameSink& sink) {
    frontend::or_reset(*this, [&] {
        inner_->finish(cut(sink));
        const auto first = std::max<std::int64_t>(0, frames_ - windowing_.frames);
        cutter_.finish([&](std::span<const float> window) {
            sink(window, first_onset_s_ + static_cast<double>(first) * inner_->hop_s());
        });
    });
    frames_ = 0;
}

void WindowedFrontend::reset() {
    inner_->reset();
    cutter_.reset();
    frames_ = 0;
}

}  // namespace earshot::windows
