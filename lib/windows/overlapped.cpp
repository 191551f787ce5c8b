#include "windows/overlapped.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/error.h"

namespace earshot::windows {

OverlappedFrontend::OverlappedFrontend(std::unique_ptr<frontend::Frontend> inner, double overlap)
    : inner_(std::move(inner)) {
    if (!(overlap >= 0) || overlap >= 1)
        throw Error(fmt::format("an overlap of {:g} is not from 0 to below 1", overlap));
    window_ = static_cast<std::size_t>(std::llround(inner_->window_s() * rate_hz()));
    if (static_cast<std::size_t>(std::llround(inner_->hop_s() * rate_hz())) != window_)
        throw Error("the windows of this front end overlap already");
    hop_ = static_cast<std::size_t>(std::llround(static_cast<double>(window_) * (1 - overlap)));
    hop_ = std::max<std::size_t>(1, hop_);
    pending_.reserve(2 * window_);
}

void OverlappedFrontend::push(std::span<const float> samples, const frontend::FrameSink& sink) {
    reset_if_thrown([&] {
        const auto timed = at_own_time(sink);
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), 2 * window_ - pending_.size()));
            pending_.insert(pending_.end(), part.begin(), part.end());
            samples = samples.subspan(part.size());
            std::size_t begin = 0;
            for (; pending_.size() - begin >= window_; begin += hop_)
                inner_->push(std::span(pending_).subspan(begin, window_), timed);
            pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(begin));
        }
    });
}

void OverlappedFrontend::finish(const frontend::FrameSink& sink) {
    reset_if_thrown([&] {
        const std::size_t heard = frames_ == 0 ? 0 : window_ - hop_;  // by the last whole window
        if (pending_.size() <= heard) return;
        const auto timed = at_own_time(sink);
        inner_->push(pending_, timed);
        inner_->finish(timed);
    });
    reset();
}

void OverlappedFrontend::reset() {
    inner_->reset();
    pending_.clear();
    frames_ = 0;
}

template <class Action>
void OverlappedFrontend::reset_if_thrown(Action&& action) {
    try {
        action();
    } catch (...) {
        reset();
        throw;
    }
}

frontend::FrameSink OverlappedFrontend::at_own_time(const frontend::FrameSink& sink) {
    return [this, &sink](std::span<const float> frame, double) {
        const auto begin = frames_++ * static_cast<std::int64_t>(hop_);
        sink(frame, static_cast<double>(begin) / rate_hz());
    };
}

}  // namespace earshot::windows
