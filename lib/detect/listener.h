#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "detect/event_finder.h"
#include "model/session.h"
#include "support/output.h"
#include "windows/slot_levels.h"

namespace earshot::detect {

struct ListenOptions {
    std::string name;    // of the recording, for messages
    double start_s = 0;  // of the source within the recording
    bool live = false;   // score after each block instead of collecting a batch, and emit events at once;
                         // an interrupt ends the recording
    Output* scores = nullptr;                                // for a ScoreTable of the recording
    std::function<void(double heard_s)> progress;            // after each block
    std::function<void(std::span<const float>)> on_samples;  // before they are scored
    std::function<void(std::span<const float>)> on_scores;   // scores of each window, one per label
    EventDetector::Sink on_start;                            // EventDetector::Recording::on_start
    RejectionSink on_reject;                                 // EventDetector::Recording::on_reject
    EventDetector::Sink on_candidate;                        // EventFinder::Recording::on_candidate
};

/// The result of listening to a recording, besides its events.
struct Heard {
    double end_s = 0;  // in the recording's time
    std::int64_t windows = 0;
    std::vector<double> mean_scores;  // per class, over all windows; empty without a window
};

/// From sound to events: a session on a model and the rules, used for one recording after the other. One
/// per thread.
class Listener {
 public:
    /// @param overlap  of windows (Windowing::overlap)
    /// @throws Error if the model does not say how its frames are computed
    Listener(std::shared_ptr<const model::Model> model, EventRules rules, double overlap = 0);

    /// Reads a source to its end. @param source  one channel at rate_hz()
    Heard listen(audio::Source& source, const ListenOptions& options, const EventDetector::Sink& sink);

    /// EventDetector::set_thresholds. May be called by the callbacks while it listens.
    void set_thresholds(std::size_t class_index, double on_threshold, double off_threshold);

    int rate_hz() const { return windows_.rate_hz(); }
    double window_s() const { return grid_.window_s; }
    double hop_s() const { return grid_.hop_s; }

 private:
    model::Session session_;
    windows::WindowStream& windows_;  // the session's
    std::vector<std::string> labels_;
    windows::WindowGrid grid_;
    windows::SlotLevels levels_;  // used if the rules need levels
    EventFinder finder_;
};

}  // namespace earshot::detect
