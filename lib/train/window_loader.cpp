#include "train/window_loader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "train/shuffle.h"
#include "windows/window_cutter.h"

namespace earshot::train {

WindowLoader::WindowLoader(const TrainingSet& set, const std::vector<WindowPlace>& plan, std::size_t batch,
                           const Augmenter* augmenter, std::uint64_t seed, int threads)
    : set_(set),
      plan_(plan),
      batch_(batch),
      augmenter_(augmenter && augmenter->active() ? augmenter : nullptr),
      seed_(seed),
      ahead_(static_cast<std::size_t>(threads) + 1) {
    if (augmenter_ && augmenter_->overlays()) {
        std::ranges::copy_if(plan_, std::back_inserter(backgrounds_), [&](const WindowPlace& place) {
            return set_.classes[static_cast<std::size_t>(place.example)] == set_.background_index();
        });
    }
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WindowLoader::~WindowLoader() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
}

const WindowBatch* WindowLoader::next() {
    std::unique_lock lock(mutex_);
    if (given_ * batch_ >= plan_.size()) return nullptr;
    changed_.wait(lock, [&] { return ready_.contains(given_) || failure_; });
    const auto batch = ready_.find(given_);
    if (batch == ready_.end()) std::rethrow_exception(failure_);
    spare_.push_back(std::exchange(current_, std::move(batch->second)));
    ready_.erase(batch);
    ++given_;
    changed_.notify_all();
    return &current_;
}

void WindowLoader::work() {
    Room room;
    std::unique_lock lock(mutex_);
    try {
        while (true) {
            changed_.wait(lock, [&] { return stop_ || failure_ || taken_ < given_ + ahead_; });
            if (stop_ || failure_ || taken_ * batch_ >= plan_.size()) return;
            const std::size_t number = taken_++;
            WindowBatch batch;
            if (!spare_.empty()) {
                batch = std::move(spare_.back());
                spare_.pop_back();
            }
            lock.unlock();
            fill(batch, number * batch_, room);
            lock.lock();
            ready_.emplace(number, std::move(batch));
            changed_.notify_all();
        }
    } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        failure_ = std::current_exception();
        changed_.notify_all();
    }
}

void WindowLoader::fill(WindowBatch& batch, std::size_t first, Room& room) const {
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
        learn(place, window, room, random);
        if (backgrounds_.empty()) continue;
        room.background.resize(values);
        const auto other = random.whole(static_cast<std::int64_t>(backgrounds_.size()) - 1);
        learn(backgrounds_[static_cast<std::size_t>(other)], room.background, room, random);
        augmenter_->overlay(room.background, window, random);
    }
}

/// An augmented window.
void WindowLoader::learn(const WindowPlace& place, std::span<float> window, Room& room,
                         Random& random) const {
    const std::int64_t frames = augmenter_->source_frames(set_.windowing.frames, random);
    room.source.resize(static_cast<std::size_t>(frames * set_.dimension));
    read({place.example, place.first + (set_.windowing.frames - frames) / 2}, room.source);
    augmenter_->apply(room.source, window, static_cast<std::size_t>(set_.dimension), random);
}

/// Frames from `place` on: shifted to lie within the recording, and padded if the recording is too short.
void WindowLoader::read(const WindowPlace& place, std::span<float> window) const {
    const TrainingSet::Item& item = set_.item_of(place.example);
    const auto dimension = static_cast<std::size_t>(set_.dimension);
    windows::read_window(window, {item.row, item.frames}, place.first, dimension, set_.windowing.padding,
                         [&](std::int64_t row, std::span<float> rows) {
                             set_.frames->read(item.matrix, static_cast<std::uint64_t>(row) * dimension,
                                               rows);
                         });
}

}  // namespace earshot::train
