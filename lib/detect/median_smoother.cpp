#include "detect/median_smoother.h"

#include <algorithm>

namespace earshot::detect {

MedianSmoother::MedianSmoother(int windows) : size_(static_cast<std::size_t>(windows)) {
    recent_.reserve(size_);
    sorted_.reserve(size_);
}

std::optional<float> MedianSmoother::push(float score) {
    if (recent_.empty()) {
        recent_.assign(size_ / 2, score);
        sorted_ = recent_;
    }
    last_ = score;
    ++due_;
    return add(score);
}

std::optional<float> MedianSmoother::drain() {
    // Fewer scores came in than half the window holds: fill it here.
    while (due_ > 0) {
        if (const auto smoothed = add(last_)) return smoothed;
    }
    return std::nullopt;
}

void MedianSmoother::reset() {
    recent_.clear();
    sorted_.clear();
    oldest_ = due_ = 0;
}

std::optional<float> MedianSmoother::add(float score) {
    if (recent_.size() < size_) {
        recent_.push_back(score);
    } else {
        sorted_.erase(std::ranges::lower_bound(sorted_, recent_[oldest_]));
        recent_[oldest_] = score;
        oldest_ = (oldest_ + 1) % size_;
    }
    sorted_.insert(std::ranges::upper_bound(sorted_, score), score);
    if (recent_.size() < size_) return std::nullopt;
    --due_;
    return sorted_[size_ / 2];
}

std::vector<float> smoothed(std::span<const float> scores, int windows) {
    MedianSmoother smoother(windows);
    std::vector<float> all;
    all.reserve(scores.size());
    for (const float score : scores) {
        if (const auto value = smoother.push(score)) all.push_back(*value);
    }
    while (const auto value = smoother.drain()) all.push_back(*value);
    return all;
}

}  // namespace earshot::detect
