#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "windows/windowing.h"

namespace earshot::dataset {

/// A set of frames of a recording, as runs in order that neither overlap nor touch: a few numbers for hours
/// of frames.
class RowRuns {
 public:
    void add(windows::RowSpan rows);
    void remove(const windows::RowSpan& rows);

    bool empty() const { return runs_.empty(); }
    std::span<const windows::RowSpan> runs() const { return runs_; }
    /// The runs of which a frame lies within `rows`; those at its ends may reach beyond it.
    std::span<const windows::RowSpan> near(const windows::RowSpan& rows) const;
    /// How many frames there are within `rows`.
    std::int64_t count(const windows::RowSpan& rows) const;
    std::int64_t count() const;

 private:
    std::vector<windows::RowSpan> runs_;
};

/// The part of a run within `rows`; without frames if there is none.
windows::RowSpan part(const windows::RowSpan& run, const windows::RowSpan& rows);
/// How many frames within `rows` are in both.
std::int64_t common(const RowRuns& one, const RowRuns& other, const windows::RowSpan& rows);

}  // namespace earshot::dataset
