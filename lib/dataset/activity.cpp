#include "dataset/activity.h"

#include <algorithm>

namespace earshot::dataset {
namespace {

/// Calls mark(step) for each step that lies in `rows` for the most part.
template <class Mark>
void for_steps(const windows::RowSpan& rows, double first, double length, std::int64_t steps,
               const Mark& mark) {
    const auto begin = (static_cast<double>(rows.first) - first) / length;
    const auto end = (static_cast<double>(rows.first + rows.count) - first) / length;
    if (end <= 0 || begin >= static_cast<double>(steps)) return;
    const auto from = static_cast<std::int64_t>(std::max(begin, 0.0));
    const auto to = std::min(steps, static_cast<std::int64_t>(std::min(end, static_cast<double>(steps))) + 1);
    for (std::int64_t step = from; step < to; ++step) {
        const auto at = static_cast<double>(step);
        if (std::min(end, at + 1) - std::max(begin, at) > 0.5 - 1e-9) mark(step);
    }
}

}  // namespace

void Activity::add(std::size_t c, windows::RowSpan rows) {
    if (rows.count > 0) stretches_.push_back({c, rows});
}

void Activity::add_unsure(std::size_t c, windows::RowSpan rows) {
    if (rows.count > 0) unsure_.push_back({c, rows});
}

std::int64_t Activity::frames_of(std::size_t c) const {
    std::int64_t frames = 0;
    for (const Stretch& stretch : stretches_) frames += stretch.c == c ? stretch.rows.count : 0;
    return frames;
}

Activity Activity::renumbered(std::span<const std::optional<std::size_t>> numbers,
                              std::size_t classes) const {
    Activity other(classes);
    other.labelled_ = labelled_;
    for (const Stretch& stretch : unsure_) {
        if (numbers[stretch.c]) other.unsure_.push_back({*numbers[stretch.c], stretch.rows});
    }
    for (const Stretch& stretch : stretches_) {
        if (numbers[stretch.c]) other.stretches_.push_back({*numbers[stretch.c], stretch.rows});
    }
    if (weak_.empty()) return other;
    other.weak_.assign(classes, silent);  // a label that this recording does not have is not in it
    for (std::size_t c = 0; c < classes_; ++c) {
        if (numbers[c]) other.weak_[*numbers[c]] = weak_[c];
    }
    return other;
}

void Activity::read(double first, double length, std::span<State> states) const {
    const auto steps = static_cast<std::int64_t>(states.size() / std::max<std::size_t>(1, classes_));
    const auto of_step = [&](std::int64_t step) {
        return states.subspan(static_cast<std::size_t>(step) * classes_, classes_);
    };
    std::ranges::fill(states, unknown);
    for (const auto& rows : labelled_)
        for_steps(rows, first, length, steps,
                  [&](std::int64_t step) { std::ranges::fill(of_step(step), silent); });
    for (const Stretch& stretch : unsure_)
        for_steps(stretch.rows, first, length, steps,
                  [&](std::int64_t step) { of_step(step)[stretch.c] = unknown; });
    for (const Stretch& stretch : stretches_)
        for_steps(stretch.rows, first, length, steps,
                  [&](std::int64_t step) { of_step(step)[stretch.c] = sounds; });
}

}  // namespace earshot::dataset
