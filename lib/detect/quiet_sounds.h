#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "detect/event_rule.h"
#include "detect/rejection.h"
#include "detect/window_run.h"

namespace earshot::detect {

/// Finds sounds that were too quiet to count: runs of windows of a lower level than the minimum, whose
/// scores, before smoothing, reach the threshold at which an event begins.
class QuietSounds {
 public:
    /// @param rules  as for EventDetector; only labels and on-thresholds matter
    QuietSounds(const std::vector<EventRule>& rules, windows::WindowGrid grid, double min_level_dbfs);

    void begin(double start_s);
    /// The next window. @param scores  one per rule, or fewer: the classes without one are never too quiet
    void push(std::span<const float> scores, double level_dbfs, const RejectionSink& sink);
    /// The end of the recording, at end_s.
    void finish(double end_s, const RejectionSink& sink);
    void set_threshold(std::size_t class_index, double on_threshold);

 private:
    struct Track {
        std::string label;
        double threshold;
        std::optional<WindowRun> run;
        double loudest_dbfs = 0;
    };
    Rejection close(Track& track, std::optional<double> end_s) const;

    windows::WindowGrid grid_;
    double min_level_dbfs_;
    std::vector<Track> tracks_;
    std::int64_t next_ = 0;
};

}  // namespace earshot::detect
