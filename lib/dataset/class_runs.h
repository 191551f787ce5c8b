#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace earshot::dataset {

/// The classes of a recording's frames as stretches of one class: a few numbers for hours of frames.
class ClassRuns {
 public:
    /// Classes of the next frames; -1 for none.
    void add(std::span<const std::int64_t> classes);

    std::int64_t rows() const { return rows_; }
    /// -1 without a labelled frame.
    std::int64_t highest() const;

    /// The class of most of the frames in [first, first + count) that have one, the lowest of equals; -1 if
    /// none has. Numbers below -1 are classes too.
    std::int64_t dominant(std::int64_t first, std::int64_t count) const;

    /// The class of the recording as a whole: of those that are not the background, which need not last long
    /// to count, the one with most frames, the lowest of equals; else the background, and -1 without a
    /// labelled frame.
    /// @param background  -1 if there is none
    std::int64_t of_recording(std::int64_t background) const;

    /// Gives class c the number numbers[c], which may be -1 or less, and frames without a class the other
    /// one.
    void renumber(std::span<const std::int64_t> numbers, std::int64_t unlabelled = -1);

    struct Run {
        std::int64_t first, c;  // until the next one's first frame
    };
    std::span<const Run> runs() const { return runs_; }

 private:
    std::vector<Run> runs_;
    std::int64_t rows_ = 0;
};

}  // namespace earshot::dataset
