#include "dataset/class_runs.h"

#include <algorithm>
#include <map>

namespace earshot::dataset {

void ClassRuns::add(std::span<const std::int64_t> classes) {
    for (const std::int64_t c : classes) {
        if (runs_.empty() || runs_.back().c != c) runs_.push_back({rows_, c});
        ++rows_;
    }
}

std::int64_t ClassRuns::highest() const {
    return runs_.empty() ? -1 : std::ranges::max_element(runs_, {}, &Run::c)->c;
}

std::int64_t ClassRuns::dominant(std::int64_t first, std::int64_t count) const {
    const std::int64_t end = std::min(first + count, rows_);
    auto run = std::ranges::upper_bound(runs_, first, {}, &Run::first);
    if (run != runs_.begin()) --run;
    std::map<std::int64_t, std::int64_t> frames;
    std::int64_t best = -1;
    for (; run != runs_.end() && run->first < end; ++run) {
        if (run->c == -1) continue;
        const auto next = run + 1 == runs_.end() ? rows_ : run[1].first;
        frames[run->c] += std::min(next, end) - std::max(run->first, first);
    }
    for (const auto& [c, number] : frames) {
        if (best == -1 || number > frames[best]) best = c;
    }
    return best;
}

std::int64_t ClassRuns::of_recording(std::int64_t background) const {
    std::map<std::int64_t, std::int64_t> frames;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const auto end = i + 1 < runs_.size() ? runs_[i + 1].first : rows_;
        frames[runs_[i].c] += end - runs_[i].first;
    }
    frames.erase(-1);
    const bool some_background = frames.erase(background) > 0;
    if (frames.empty()) return some_background ? background : -1;
    return std::ranges::max_element(frames, {}, [](const auto& entry) { return entry.second; })->first;
}

void ClassRuns::renumber(std::span<const std::int64_t> numbers, std::int64_t unlabelled) {
    for (Run& run : runs_) run.c = run.c < 0 ? unlabelled : numbers[static_cast<std::size_t>(run.c)];
}

}  // namespace earshot::dataset
