#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataset/row_runs.h"
#include "windows/windowing.h"

namespace earshot::dataset {

/// What is known of the sounds in a recording: for each class and each moment whether it sounds, doesn't, or
/// nobody said. Classes may sound at once. Where nobody labelled all of a stretch, a class may still be known
/// to sound in it; and a weak label says that a class sounds somewhere in the recording.
class Activity {
 public:
    enum State : std::int8_t { unknown = -1, silent = 0, sounds = 1 };

    explicit Activity(std::size_t classes = 0) : classes_(classes) {}

    std::size_t classes() const { return classes_; }

    /// A class sounds in these frames. @param c  index of the class
    void add(std::size_t c, windows::RowSpan rows);
    /// Likewise; and if each frame can have one class only, it is this one.
    void add_foremost(std::size_t c, windows::RowSpan rows);
    /// Where a class is foremost and others sound too, these are foremost.
    void yield(std::size_t c);
    /// Nobody said whether a class sounds in these frames, whatever add_labelled() says; add() says more.
    void add_unsure(std::size_t c, windows::RowSpan rows);
    /// Labels say everything about these frames: what doesn't sound there is silent.
    void add_labelled(windows::RowSpan rows) { labelled_.add(rows); }
    /// Where a class sounds, labels say nothing of the others but that they sound.
    void remove_labelled(std::size_t c);
    /// Of each class, whether it sounds anywhere.
    void set_weak(std::vector<State> weak) { weak_ = std::move(weak); }

    /// Of each class, whether it sounds anywhere in the recording, as far as a weak label says; empty without
    /// one.
    std::span<const State> weak() const { return weak_; }
    /// The same with other numbers for the classes. Several may have the same new number.
    /// @param numbers  of each class; nothing for one that is left out
    Activity renumbered(std::span<const std::optional<std::size_t>> numbers, std::size_t classes) const;
    bool has_labelled() const { return !labelled_.empty(); }
    /// Frames in which a class sounds.
    std::int64_t frames_of(std::size_t c) const;

    /// The state of each class in each of several equal steps, of which more than half the frames decide.
    /// @param first   where the first step begins, in frames; may lie between two, or outside the recording
    /// @param length  of a step, in frames
    /// @param states  steps x classes
    void read(double first, double length, std::span<State> states) const;

    struct Tally {
        struct Sounding {
            std::size_t c;
            std::int64_t frames, foremost;
        };
        std::vector<Sounding> sounding;  // the classes that sound in some frame, by their numbers
        std::int64_t quiet = 0;          // frames known to have no sound
        std::int64_t known = 0;          // frames of which something is known
    };
    /// Counts some frames.
    Tally tally(const windows::RowSpan& rows) const;

 private:
    struct ClassRows {
        std::size_t c;
        RowRuns sounds, foremost, unsure;
    };
    ClassRows& rows_of(std::size_t c);

    std::size_t classes_;
    std::vector<ClassRows> rows_;  // by c, of classes of which anything is known beside labelled_
    RowRuns labelled_;
    RowRuns loud_;  // where any class sounds, or may
    std::vector<State> weak_;
};

}  // namespace earshot::dataset
