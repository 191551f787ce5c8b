#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace earshot::dataset {

/// The classes of a recording's frames, run-length encoded: a few numbers for hours of frames.
class ClassRuns {
 public:
    /// Classes of the next frames; -1 for none.
    void add(std::span<const std::int64_t> classes);

    std::int64_t rows() const { return rows_; }
    /// -1 if no frame is labelled.
    std::int64_t highest() const;

    /// The most frequent class among the frames [first, first + count), ignoring frames without one; the
    /// lower number wins a tie. -1 if no frame has a class. Numbers below -1 are classes too.
    std::int64_t dominant(std::int64_t first, std::int64_t count) const;

    /// The class of the whole recording: the most frequent class other than the background, however short it
    /// is; the lower number wins a tie. The background if there is no other, -1 if no frame is labelled.
    /// @param background  -1 if there is none
    std::int64_t of_recording(std::int64_t background) const;

    /// Replaces class c by numbers[c], which may be -1 or less, and "no class" by `unlabelled`.
    void renumber(std::span<const std::int64_t> numbers, std::int64_t unlabelled = -1);

    struct Run {
        std::int64_t first, c;  // up to the first frame of the next run
    };
    std::span<const Run> runs() const { return runs_; }

 private:
    std::vector<Run> runs_;
    std::int64_t rows_ = 0;
};

}  // namespace earshot::dataset
