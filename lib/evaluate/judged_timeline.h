#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "detect/event_detector.h"
#include "label/timeline.h"
#include "metrics/threshold_sweep.h"
#include "model/model.h"
#include "windows/window_grid.h"

namespace earshot::evaluate {

/// What a model hears in a recording, beside what happens in it.
struct JudgedTimeline {
    double duration_s = 0;                     // that was heard
    std::vector<metrics::LabelEvents> events;  // of each of event_labels()
    metrics::ScoreSequence scores;             // likewise, smoothed; a step lasts for a window's slot

    /// Whether it can be judged: of so many labels, times finite and in order. False for damaged parts.
    bool fits(std::size_t labels) const;
};

/// The labels that a model finds events of: all but the background and `unknown`.
std::vector<std::string> event_labels(const model::ModelFile& model);

/// From scores to events, by the model's own rules, as `earshot detect` does it. One per thread.
class TimelineMaker {
 public:
    /// Rows of scores without a gap between them.
    struct Stretch {
        double start_s, end_s;  // of the sound that they come from
        std::size_t rows;
    };

    /// @param wanted  of each label of the model, whether its events are judged
    /// @throws Error if the model does not say how its frames are computed
    TimelineMaker(const model::Model& model, const std::vector<bool>& wanted);

    /// @param reference  what happens in the recording; events outside the stretches are left out, as are
    ///                   those of labels that are not judged
    /// @param stretches  in order of time, not overlapping
    /// @param rows       scores of all stretches, rows x labels of the model
    /// @throws Error if a score is NaN
    JudgedTimeline make(std::span<const label::Event> reference, std::span<const Stretch> stretches,
                        std::span<const float> rows);

    const windows::WindowGrid& grid() const { return grid_; }

 private:
    TimelineMaker(const model::Model& model, const std::vector<detect::EventRule>& rules,
                  const std::vector<bool>& wanted);
    void hear(const Stretch& stretch, std::span<const float> rows, JudgedTimeline& timeline);
    void add_scores(const Stretch& stretch, std::span<const float> rows, metrics::ScoreSequence& scores);
    std::optional<std::size_t> number_of(const std::string& label) const;

    windows::WindowGrid grid_;
    std::vector<std::string> labels_;   // event_labels()
    std::vector<std::size_t> columns_;  // where their scores are
    std::vector<int> medians_;          // by which they are smoothed, in windows
    std::vector<bool> wanted_;          // which of them are judged
    std::size_t width_;                 // labels of the model
    detect::EventDetector detector_;
};

}  // namespace earshot::evaluate
