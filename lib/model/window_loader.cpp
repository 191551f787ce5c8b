#include "model/window_loader.h"

#include <algorithm>
#include <utility>

#include "model/shuffle.h"

namespace earshot {

WindowLoader::WindowLoader(const TrainingSet& set, const std::vector<WindowPlace>& plan, std::size_t batch,
                           const Augmenter* augmenter, std::uint64_t seed)
    : set_(set),
      plan_(plan),
      batch_(batch),
      augmenter_(augmenter && augmenter->active() ? augmenter : nullptr),
      seed_(seed),
      thread_([this] { work(); }) {}

WindowLoader::~WindowLoader() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
}

const WindowBatch* WindowLoader::next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_ready_ || finished_; });
    if (!is_ready_) {
        if (failure_) std::rethrow_exception(failure_);
        return nullptr;
    }
    std::swap(current_, ready_);
    is_ready_ = false;
    changed_.notify_all();
    return &current_;
}

void WindowLoader::work() {
    WindowBatch batch;
    try {
        for (std::size_t first = 0; first < plan_.size(); first += batch_) {
            fill(batch, first);
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return stop_ || !is_ready_; });
            if (stop_) return;
            std::swap(batch, ready_);
            is_ready_ = true;
            changed_.notify_all();
        }
    } catch (...) {
        failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
}

void WindowLoader::fill(WindowBatch& batch, std::size_t first) {
    const std::size_t count = std::min(batch_, plan_.size() - first);
    const auto values = static_cast<std::size_t>(set_.windowing.frames * set_.dimension);
    batch.values.resize(count * values);
    batch.examples.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const WindowPlace& place = plan_[first + i];
        const auto window = std::span(batch.values).subspan(i * values, values);
        batch.examples[i] = place.example;
        if (!augmenter_) {
            read(place, window);
            continue;
        }
        Random random(epoch_seed(seed_, static_cast<int>(first + i)));
        const std::int64_t frames = augmenter_->source_frames(set_.windowing.frames, random);
        source_.resize(static_cast<std::size_t>(frames * set_.dimension));
        read({place.example, place.first + (set_.windowing.frames - frames) / 2}, source_);
        augmenter_->apply(source_, window, static_cast<std::size_t>(set_.dimension), random);
    }
}

/// The frames from a place on, moved to lie within the recording, padded if that is too short.
void WindowLoader::read(const WindowPlace& place, std::span<float> window) const {
    const TrainingSet::Item& item = set_.item_of(place.example);
    const auto dimension = static_cast<std::size_t>(set_.dimension);
    const auto frames = static_cast<std::int64_t>(window.size() / dimension);
    const std::int64_t first = std::clamp<std::int64_t>(place.first, 0, std::max<std::int64_t>(0, item.frames - frames));
    const auto present = static_cast<std::size_t>(std::min(frames, item.frames - first));
    set_.frames->read(item.matrix, static_cast<std::uint64_t>(first) * dimension, window.first(present * dimension));
    pad_window(window, present, dimension, set_.windowing.padding);
}

}  // namespace earshot
