#include "train/window_plan.h"

#include <algorithm>

#include "train/random.h"

namespace earshot::train {
namespace {

/// First frame of a window that contains one of the marks.
std::int64_t place_on_mark(const TrainingSet::Item& item, std::int64_t window, Random& random) {
    const windows::RowSpan& mark =
        item.marks[static_cast<std::size_t>(random.whole(static_cast<std::int64_t>(item.marks.size()) - 1))];
    const std::int64_t first = mark.count <= window ? mark.first + mark.count / 2 - window / 2
                                                    : mark.first + random.whole(mark.count - window);
    return std::clamp<std::int64_t>(first, 0, std::max<std::int64_t>(0, item.frames - window));
}

}  // namespace

std::vector<WindowPlace> all_windows(const TrainingSet& set, const Rows& examples) {
    std::vector<WindowPlace> places;
    places.reserve(examples.size());
    for (const std::int64_t example : examples) {
        const TrainingSet::Item& item = set.item_of(example);
        if (set.target != model::Target::recording) {
            places.push_back({example, set.windowing.start(example - item.first, item.frames)});
            continue;
        }
        for (std::int64_t i = 0; i < set.windowing.count(item.frames); ++i) {
            places.push_back({example, set.windowing.start(i, item.frames)});
        }
    }
    return places;
}

std::vector<WindowPlace> drawn_windows(const TrainingSet& set, const Rows& examples, int per_recording,
                                       std::uint64_t seed) {
    if (set.target == model::Target::frame) return all_windows(set, examples);
    Random random(seed);
    if (set.target == model::Target::events) {
        auto places = all_windows(set, examples);
        const std::int64_t half = set.windowing.hop / 2;
        for (WindowPlace& place : places) place.first += random.whole(2 * half) - half;
        return places;
    }
    const std::int64_t window = set.windowing.frames;
    std::vector<WindowPlace> places;
    places.reserve(examples.size() * static_cast<std::size_t>(per_recording));
    for (const std::int64_t example : examples) {
        const TrainingSet::Item& item = set.item_of(example);
        const std::int64_t last = std::max<std::int64_t>(0, item.frames - window);
        for (int i = 0; i < per_recording; ++i) {
            const bool marked = i == 0 && !item.marks.empty();
            places.push_back({example, marked ? place_on_mark(item, window, random) : random.whole(last)});
        }
    }
    return places;
}

}  // namespace earshot::train
