#include "dataset/row_runs.h"

#include <algorithm>
#include <iterator>

namespace earshot::dataset {
namespace {

std::int64_t end_of(const windows::RowSpan& rows) { return rows.first + rows.count; }

}  // namespace

windows::RowSpan part(const windows::RowSpan& run, const windows::RowSpan& rows) {
    const std::int64_t first = std::max(run.first, rows.first);
    return {first, std::max<std::int64_t>(0, std::min(end_of(run), end_of(rows)) - first)};
}

void RowRuns::add(windows::RowSpan rows) {
    if (rows.count <= 0) return;
    const auto begin = std::ranges::lower_bound(runs_, rows.first, {}, end_of);  // may touch it
    const auto end = std::ranges::upper_bound(begin, runs_.end(), end_of(rows), {}, &windows::RowSpan::first);
    if (begin == end) {
        runs_.insert(begin, rows);
        return;
    }
    const std::int64_t first = std::min(rows.first, begin->first);
    *begin = {first, std::max(end_of(rows), end_of(*std::prev(end))) - first};
    runs_.erase(begin + 1, end);
}

void RowRuns::remove(const windows::RowSpan& rows) {
    const auto affected = near(rows);
    if (affected.empty()) return;
    std::vector<windows::RowSpan> kept;
    if (const auto& run = affected.front(); run.first < rows.first)
        kept.push_back({run.first, rows.first - run.first});
    if (const auto& run = affected.back(); end_of(run) > end_of(rows))
        kept.push_back({end_of(rows), end_of(run) - end_of(rows)});
    const auto begin = runs_.begin() + (affected.data() - runs_.data());
    const auto after = runs_.erase(begin, begin + static_cast<std::ptrdiff_t>(affected.size()));
    runs_.insert(after, kept.begin(), kept.end());
}

std::span<const windows::RowSpan> RowRuns::near(const windows::RowSpan& rows) const {
    if (rows.count <= 0) return {};
    const auto begin = std::ranges::upper_bound(runs_, rows.first, {}, end_of);
    const auto end = std::ranges::lower_bound(begin, runs_.end(), end_of(rows), {}, &windows::RowSpan::first);
    return {begin, end};
}

std::int64_t RowRuns::count(const windows::RowSpan& rows) const {
    std::int64_t frames = 0;
    for (const auto& run : near(rows)) frames += part(run, rows).count;
    return frames;
}

std::int64_t RowRuns::count() const {
    std::int64_t frames = 0;
    for (const auto& run : runs_) frames += run.count;
    return frames;
}

std::int64_t common(const RowRuns& one, const RowRuns& other, const windows::RowSpan& rows) {
    std::int64_t frames = 0;
    for (const auto& run : one.near(rows)) frames += other.count(part(run, rows));
    return frames;
}

}  // namespace earshot::dataset
