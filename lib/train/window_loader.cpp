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
            if (set_.target == model::Target::events) return said_of(place).activity.has_labelled();
            return set_.is_background(place.example);
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
    const bool events = set_.target == model::Target::events;
    const std::size_t classes = set_.learnt(), states = static_cast<std::size_t>(set_.steps()) * classes;
    batch.activity.resize(events ? count * states : 0);
    batch.weak.assign(events ? count * classes : 0, dataset::Activity::unknown);
    for (std::size_t i = 0; i < count; ++i) {
        const WindowPlace& place = plan_[first + i];
        const auto window = std::span(batch.values).subspan(i * values, values);
        batch.examples[i] = place.example;
        const auto activity = std::span(batch.activity).subspan(events ? i * states : 0, events ? states : 0);
        if (events) {
            read_activity(place, set_.windowing.frames, activity);
            std::ranges::copy(said_of(place).activity.weak(),
                              batch.weak.begin() + static_cast<std::ptrdiff_t>(i * classes));
        }
        if (!augmenter_) {
            read(place, window);
            continue;
        }
        Random random(epoch_seed(seed_, static_cast<int>(first + i)));
        const auto frames = learn(place, window, room, random);
        if (events) read_activity(place, frames, activity);
        if (!backgrounds_.empty()) overlay(window, activity, room, random);
    }
}

const TrainingSet::Said& WindowLoader::said_of(const WindowPlace& place) const {
    return set_.recordings_said[set_.item_of(place.example).recording];
}

/// Adds another window. What sounds in it sounds in the sum; half of the windows of events stay as they are.
void WindowLoader::overlay(std::span<float> window, std::span<dataset::Activity::State> activity, Room& room,
                           Random& random) const {
    using enum dataset::Activity::State;
    const auto number = random.whole(static_cast<std::int64_t>(backgrounds_.size()) - 1);
    const WindowPlace& other = backgrounds_[static_cast<std::size_t>(number)];
    if (!activity.empty() && (std::ranges::count(activity, unknown) > 0 || random.uniform() < 0.5)) return;
    room.background.resize(window.size());
    const auto frames = learn(other, room.background, room, random);
    augmenter_->overlay(room.background, window, random);
    if (activity.empty()) return;
    room.activity.resize(activity.size());
    read_activity(other, frames, room.activity);
    for (std::size_t i = 0; i < activity.size(); ++i) {
        if (room.activity[i] != silent && activity[i] != sounds) activity[i] = room.activity[i];
    }
}

/// The activity of a window that was made of this many frames of its recording.
void WindowLoader::read_activity(const WindowPlace& place, std::int64_t frames,
                                 std::span<dataset::Activity::State> states) const {
    const auto& windowing = set_.windowing;
    const double pace = static_cast<double>(frames) / static_cast<double>(windowing.frames);
    const auto first = static_cast<double>(place.first + (windowing.frames - frames) / 2);
    set_.read_activity(set_.item_of(place.example), first + pace * static_cast<double>(windowing.context()),
                       pace * static_cast<double>(windowing.step_frames()), states);
}

/// An augmented window. @return  the frames of its recording that it was made of
std::int64_t WindowLoader::learn(const WindowPlace& place, std::span<float> window, Room& room,
                                 Random& random) const {
    const std::int64_t frames = augmenter_->source_frames(set_.windowing.frames, random);
    room.source.resize(static_cast<std::size_t>(frames * set_.dimension));
    read({place.example, place.first + (set_.windowing.frames - frames) / 2}, room.source);
    augmenter_->apply(room.source, window, static_cast<std::size_t>(set_.dimension), random);
    return frames;
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
