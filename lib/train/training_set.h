#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataset/activity.h"
#include "dataset/frame_store.h"
#include "dataset/label_choice.h"
#include "dataset/recording_date.h"
#include "dataset/recording_scan.h"
#include "label/timeline.h"
#include "metrics/evaluation.h"
#include "model/target.h"
#include "windows/windowing.h"

namespace earshot {
struct Setting;
}

namespace earshot::train {

/// What a recording may be used for.
enum class Role { train, validation, test };

/// Indices of examples in a TrainingSet, ascending unless stated otherwise.
using Rows = std::vector<std::int64_t>;

/// The datasets of one training run: examples, where their frames are, and what labels say of these.
/// Depending on the target, an example is a window or a whole recording.
struct TrainingSet {
    /// A recording; or a stretch of it without gaps, if windows are the examples.
    struct Item {
        std::string path;          // of the NPZ
        std::string group;         // a split never separates recordings of one group
        std::string content_hash;  // empty if the NPZ doesn't say
        Role role = Role::train;
        std::int64_t first = 0, count = 0;  // examples
        std::int64_t row = 0;     // its first frame in the recording; above 0: continues the item before
        std::int64_t frames = 0;  // from there on
        std::size_t matrix = 0;   // index in the store of the recording's frames
        std::string digest;       // of frames and classes
        std::vector<windows::RowSpan> marks;  // Target::recording: where the label occurs, if known
        std::size_t recording = 0;            // index into `recordings_said`
        double onset_s = 0;                   // of its first frame
    };
    /// What labels say of a recording, whatever the examples are. Labels that are not learnt are left out.
    struct Said {
        std::vector<label::Event> events;  // where times were rounded (Timeline::resolution_s), the likeliest
        dataset::Activity activity;  // over the recording's frames; for Target::events of learnt(), else
                                     // of labels, and last of sounds that are none_of_them()
        bool timed = false;          // events say when, and labels say everything about some stretch
    };

    std::vector<Said> recordings_said;
    std::int64_t dimension = 0;  // D
    windows::Windowing windowing;
    model::Target target = model::Target::frame;
    std::shared_ptr<dataset::FrameStore> frames = std::make_shared<dataset::FrameStore>();
    std::vector<std::string> labels;  // sorted union of the class names of all files
    std::string unknown;     // what a model answers if it recognises no label; empty if it always names one
    std::string background;  // the label that means that no sound occurs; empty if none
    nlohmann::ordered_json frontend;  // null if the files don't say
    std::vector<Item> items;

    // The truth of an example follows from the activity (example_truth.cpp).

    /// The one label of an example, for networks that name one: LabelChoice::one(), of the frames of a
    /// window's slot or of a recording; of a window of steps, the first label that sounds in it, else the
    /// background. Nothing if nobody said; none_of_them() for a sound that is none of the labels.
    std::optional<std::size_t> label_of(std::int64_t example) const;
    /// All labels that sound in an example, that one first: LabelChoice::all(). Empty if nobody said.
    std::vector<std::size_t> labels_of(std::int64_t example) const;
    std::size_t none_of_them() const { return labels.size(); }
    bool is_background(std::int64_t example) const {
        return background_index() >= 0 && label_of(example) == static_cast<std::size_t>(background_index());
    }
    /// The same as a state of each of learnt(). Not for Target::events.
    void read_example(std::int64_t example, std::span<dataset::Activity::State> states) const;

    /// Target::events: what is known of the steps of a window: steps x learnt().
    /// @param first   where it decides begins, in frames of the item, and how long a step is
    void read_activity(const Item& item, double first, double step_frames,
                       std::span<dataset::Activity::State> states) const;
    /// Of the steps of an example, a window of `item`.
    void read_window_activity(const Item& item, std::int64_t example,
                              std::span<dataset::Activity::State> states) const;
    /// Labels but the background, which is where none of them sounds.
    std::size_t learnt() const { return labels.size() - (background_index() >= 0 ? 1 : 0); }
    /// The label of number i of learnt().
    std::size_t learnt_label(std::size_t i) const {
        return i + (background_index() >= 0 && static_cast<std::int64_t>(i) >= background_index() ? 1 : 0);
    }
    /// Index of the background among the labels, -1 if there is none.
    std::int64_t background_index() const;
    const Item& item_of(std::int64_t example) const;
    std::int64_t examples() const { return items.empty() ? 0 : items.back().first + items.back().count; }
    /// The items of each recording.
    std::vector<std::span<const Item>> recordings() const;

    /// Groups of the training data.
    std::size_t training_groups() const;
    /// Examples with a label, from items of one role.
    Rows labelled_rows(Role role) const;
    std::int64_t steps() const { return windowing.steps; }
    /// Examples known to have none of the labels. `unknown` is the right answer for them. They are never used
    /// for training.
    Rows unknown_rows(Role role) const;
    /// How many examples have each label as their one.
    std::vector<std::int64_t> class_counts(std::span<const std::int64_t> rows) const;
    /// In how many examples each label sounds, the background where none does.
    std::vector<std::int64_t> sounding_counts(std::span<const std::int64_t> rows) const;
    /// A digest of the frames and labels of some examples, in hexadecimal.
    std::string data_hash(std::span<const std::int64_t> rows) const;

 private:
    template <class Wanted>
    Rows rows_with(Role role, const Wanted& wanted) const;
    dataset::Activity::Tally tally_of(std::int64_t example) const;
    dataset::LabelChoice choice() const;
    std::optional<std::size_t> label_of_steps(std::int64_t example) const;
};

/// A score of each label, and what is known of the time that it is of.
struct Cell {
    std::size_t row;                  // of the scores: rows x steps
    std::vector<std::size_t> labels;  // that sound in it: TrainingSet::labels_of()
    bool follows;                     // the cell before, without a gap
};

/// The truth of the scores of some rows. Steps of which not all is known are left out.
std::vector<Cell> cells_of(const TrainingSet& set, std::span<const std::int64_t> rows);

/// Adds the scores of some rows, one per label of the set, to an evaluation.
void add_scores(const TrainingSet& set, std::span<const std::int64_t> rows, std::span<const float> scores,
                metrics::Evaluation& evaluation);

struct TrainingPaths {
    std::vector<std::string> train, validation, test;  // NPZ files, or directories of them
    std::vector<std::string> leave_out;                // labels whose frames are ignored
    std::vector<std::string> background = {};  // likewise; whatever has no label in them is background
    std::vector<dataset::DayRange> days = {},
                                   test_days = {};  // of training and validation, and of test data; empty:
                                                    // of all. Training data of test_days become test data
    std::vector<std::string> tags = {};  // the only labels to learn besides the background; empty: all
};

/// What an example is.
struct ExampleOptions {
    std::int64_t context_frames = 0, step_frames = 0;  // Target::events, as the network has them
    model::Target target = model::Target::frame;
    double window_s = 0;      // 0: one frame
    double window_hop_s = 0;  // 0: windows don't overlap
    windows::Padding padding = windows::Padding::minimum;
    std::string unknown;                    // TrainingSet::unknown
    std::optional<std::string> background;  // "background" or "negative" if not given; empty for none
};

/// All but the background.
std::vector<Setting> example_settings(ExampleOptions& options);

/// Reads all files through once and checks that they belong together. Frames stay on disk where they are
/// many.
/// @throws Error for NaN (file and row), frames of different size, front ends that differ (both files are
/// named), class names here and class numbers there, the same recording in training and in validation or test
/// data, fewer than two classes, a class without an example, a recording of no day where days are chosen
TrainingSet load_training_set(const TrainingPaths& paths, const ExampleOptions& options = {});

}  // namespace earshot::train
