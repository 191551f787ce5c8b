#include "dataset/activity.h"

#include <algorithm>
#include <cmath>

namespace earshot::dataset {
namespace {

/// Calls mark(step) for each step that lies in one of the runs for the most part.
template <class Mark>
void for_steps(const RowRuns& runs, double first, double length, std::int64_t steps, const Mark& mark) {
    const auto last = first + length * static_cast<double>(steps);
    const auto row = static_cast<std::int64_t>(std::floor(first));
    for (const auto& rows : runs.near({row, static_cast<std::int64_t>(std::ceil(last)) - row})) {
        const auto begin = (static_cast<double>(rows.first) - first) / length;
        const auto end = (static_cast<double>(rows.first + rows.count) - first) / length;
        const auto from = static_cast<std::int64_t>(std::max(begin, 0.0));
        const auto to =
            std::min(steps, static_cast<std::int64_t>(std::clamp(end, 0.0, static_cast<double>(steps))) + 1);
        for (std::int64_t step = from; step < to; ++step) {
            const auto at = static_cast<double>(step);
            if (std::min(end, at + 1) - std::max(begin, at) > 0.5 - 1e-9) mark(step);
        }
    }
}

}  // namespace

Activity::ClassRows& Activity::rows_of(std::size_t c) {
    const auto place = std::ranges::lower_bound(rows_, c, {}, &ClassRows::c);
    if (place != rows_.end() && place->c == c) return *place;
    return *rows_.insert(place, ClassRows{c, {}, {}, {}});
}

void Activity::add(std::size_t c, windows::RowSpan rows) {
    if (rows.count <= 0) return;
    rows_of(c).sounds.add(rows);
    loud_.add(rows);
}

void Activity::add_foremost(std::size_t c, windows::RowSpan rows) {
    add(c, rows);
    if (rows.count > 0) rows_of(c).foremost.add(rows);
}

void Activity::yield(std::size_t c) {
    const RowRuns foremost = rows_of(c).foremost;
    for (ClassRows& other : rows_) {
        if (other.c == c) continue;
        for (const auto& rows : foremost.runs()) {
            for (const auto& run : other.sounds.near(rows)) other.foremost.add(part(run, rows));
        }
    }
}

void Activity::add_unsure(std::size_t c, windows::RowSpan rows) {
    if (rows.count <= 0) return;
    rows_of(c).unsure.add(rows);
    loud_.add(rows);
}

void Activity::remove_labelled(std::size_t c) {
    for (const auto& rows : rows_of(c).sounds.runs()) labelled_.remove(rows);
}

std::int64_t Activity::frames_of(std::size_t c) const {
    const auto place = std::ranges::lower_bound(rows_, c, {}, &ClassRows::c);
    return place != rows_.end() && place->c == c ? place->sounds.count() : 0;
}

Activity Activity::renumbered(std::span<const std::optional<std::size_t>> numbers,
                              std::size_t classes) const {
    Activity other(classes);
    other.labelled_ = labelled_;
    for (const ClassRows& of_class : rows_) {
        const auto number = numbers[of_class.c];
        if (!number) continue;
        for (const auto& rows : of_class.unsure.runs()) other.add_unsure(*number, rows);
        for (const auto& rows : of_class.sounds.runs()) other.add(*number, rows);
        for (const auto& rows : of_class.foremost.runs()) other.add_foremost(*number, rows);
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
    for_steps(labelled_, first, length, steps,
              [&](std::int64_t step) { std::ranges::fill(of_step(step), silent); });
    for (const ClassRows& rows : rows_) {
        for_steps(rows.unsure, first, length, steps,
                  [&](std::int64_t step) { of_step(step)[rows.c] = unknown; });
        for_steps(rows.sounds, first, length, steps,
                  [&](std::int64_t step) { of_step(step)[rows.c] = sounds; });
    }
}

Activity::Tally Activity::tally(const windows::RowSpan& rows) const {
    Tally tally;
    for (const ClassRows& of_class : rows_) {
        if (const auto frames = of_class.sounds.count(rows); frames > 0)
            tally.sounding.push_back({of_class.c, frames, of_class.foremost.count(rows)});
    }
    tally.quiet = labelled_.count(rows) - common(labelled_, loud_, rows);
    tally.known = tally.quiet + loud_.count(rows);
    return tally;
}

}  // namespace earshot::dataset
