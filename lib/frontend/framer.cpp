#include "frontend/framer.h"

#include <algorithm>

namespace earshot::frontend {

Framer::Framer(const Settings& settings)
    : settings_(settings), full_(settings.window + (settings.batch - 1) * settings.hop) {
    buffer_.reserve(full_);
    head_.reserve(settings.lead + 1);
    tail_.reserve(2 * (settings.trail + 1));
}

void Framer::push(std::span<const float> samples, const Sink& sink) {
    if (settings_.trail > 0) {
        const std::size_t want = settings_.trail + 1, use = std::min(samples.size(), want);
        if (tail_.size() + use > want)
            tail_.erase(tail_.begin(),
                        tail_.begin() + static_cast<std::ptrdiff_t>(tail_.size() + use - want));
        tail_.insert(tail_.end(), samples.end() - static_cast<std::ptrdiff_t>(use), samples.end());
    }
    if (settings_.lead > 0 && !started_) {
        const auto part = samples.first(std::min(samples.size(), settings_.lead + 1 - head_.size()));
        head_.insert(head_.end(), part.begin(), part.end());
        samples = samples.subspan(part.size());
        if (head_.size() <= settings_.lead) return;
        started_ = true;
        std::vector<float> mirrored(head_.rbegin(), head_.rend() - 1);
        append(mirrored, sink);
        append(head_, sink);
    }
    append(samples, sink);
}

void Framer::append(std::span<const float> samples, const Sink& sink) {
    while (true) {
        const auto part = samples.first(std::min(samples.size(), full_ - buffer_.size()));
        buffer_.insert(buffer_.end(), part.begin(), part.end());
        samples = samples.subspan(part.size());
        if (buffer_.size() < full_) return;
        hand_on(settings_.batch, sink);
    }
}

void Framer::hand_on(std::size_t count, const Sink& sink) {
    sink(buffer_.data(), count);
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(count * settings_.hop));
}

void Framer::flush(const Sink& sink) {
    if (buffer_.size() >= settings_.window)
        hand_on((buffer_.size() - settings_.window) / settings_.hop + 1, sink);
}

void Framer::finish(const Sink& sink) {
    if (settings_.trail > 0 && tail_.size() > settings_.trail && (settings_.lead == 0 || started_)) {
        const std::vector<float> mirrored(tail_.rbegin() + 1, tail_.rend());
        append(mirrored, sink);
    }
    flush(sink);
}

void Framer::reset() {
    buffer_.clear();
    head_.clear();
    tail_.clear();
    started_ = false;
}

}  // namespace earshot::frontend
