#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "label/timeline.h"
#include "model/model_file.h"
#include "train/training_set.h"
#include "windows/window_grid.h"

namespace earshot::train {

/// What makes one choice of event rules better than another.
enum class Objective {
    event_f1,    // whole events: F1 with collars of 0.2, 0.5 and 1 s (Mesaros et al. 2016), and of seconds
    segment_f1,  // F1 of seconds
    psds,  // the median: the label's area under the PSD-ROC (metrics::psds1()), which has no threshold; the
           // rest: event_f1
    false_alarms  // event_f1, of choices with few events that overlap no true one
};

/// What event rules are chosen for.
struct EventWish {
    Objective objective = Objective::event_f1;
    bool fixed = false;                           // the thresholds were asked for: they stay
    std::optional<double> false_alarms_per_hour;  // Objective::false_alarms: at most, of each label
};

/// A stretch of a recording that the network did not learn from: its scores in time order, and what happened.
struct HeldOutRun {
    windows::WindowGrid grid;          // start_s: when it begins
    double end_s = 0;                  // of the recording
    std::vector<float> scores;         // rows x labels of the set
    std::vector<label::Event> events;  // in it, sorted by onset
};

/// The stretches of which all labelled rows are among `rows`, and whose labels say when sounds happen.
/// @param rows    ascending within each item
/// @param scores  rows x steps x labels
std::vector<HeldOutRun> held_out_runs(const TrainingSet& set, std::span<const std::int64_t> rows,
                                      std::span<const float> scores);

struct EventChoice {
    std::vector<model::EventDefaults> rules;  // one for each label; empty if there are no runs with events
    std::vector<std::string> missed;          // labels of which every choice has too many false alarms
};

/// Chooses, for each label alone, how its scores become events: median, thresholds, gap and shortest event,
/// tried in all combinations on a fixed grid, as detect::EventDetector would apply them. A choice counts as
/// the mean of itself and its neighbours with a slightly higher and lower threshold, less a little for
/// thresholds far from 0.5, so that one lucky event does not decide; and, the fewer events there are the
/// more, for each octave between it and what the lengths of the label's events suggest: a median of a quarter
/// of the middle length, gaps of a fifth of it, and a shortest event of 0.4 of the tenth percentile of the
/// lengths. Labels without an event in the runs, and the background, keep their threshold and nothing else.
///
/// With Objective::false_alarms, false alarms are counted over all the time of the runs, and no higher
/// threshold of a choice may have too many either. If all have too many, that with the fewest is chosen. A
/// label without an event gets the lowest threshold that will do.
/// @throws Error if false alarms are limited and there are no runs to count them in
EventChoice choose_events(const TrainingSet& set, std::span<const HeldOutRun> runs,
                          std::span<const double> thresholds, const EventWish& wish);

}  // namespace earshot::train
