#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "detect/batch_scorer.h"
#include "detect/event_detector.h"
#include "detect/event_rules.h"
#include "frontend/frontend.h"
#include "model/model_file.h"
#include "model/scorer.h"
#include "support/output.h"
#include "windows/slot_levels.h"

namespace earshot::detect {

struct ListenOptions {
    std::string name;    // of the recording, in front of messages
    double start_s = 0;  // of the source within the recording
    bool live = false;   // score what each block brings rather than wait for a batch, and let no event wait
                         // for another; an interrupt is the end
    Output* scores = nullptr;                                // takes a ScoreTable of the recording
    std::function<void(double heard_s)> progress;            // after each block
    std::function<void(std::span<const float>)> on_samples;  // before they are heard
    std::function<void(std::span<const float>)> on_scores;   // of each window, one per label
    EventDetector::Sink on_start;                            // EventDetector::Recording::on_start
};

/// What became of a recording besides its events.
struct Heard {
    double end_s = 0;  // on the recording's time line
    std::int64_t windows = 0;
    std::vector<double> mean_scores;  // per class over the windows; none without a window
};

/// From sound to events: the front end, the network and the automaton of one model, used for one recording
/// after the other. One a thread.
class Listener {
 public:
    /// @param directory  of the model, for messages
    /// @param overlap    frontend_of
    /// @throws Error if the model does not say how its frames are computed, or its parts do not fit
    Listener(const std::string& directory, const model::ModelFile& model,
             std::unique_ptr<model::Scorer> scorer, EventRules rules, double overlap = 0);

    /// The front end that the model was trained with, which makes what its network takes: frames, or windows
    /// of them.
    /// @param overlap  part of a window that the next one covers too (OverlappedFrontend)
    /// @throws Error if the model does not say
    static std::unique_ptr<frontend::Frontend> frontend_of(const std::string& directory,
                                                           const model::ModelFile& model, double overlap = 0);

    /// The overlap for events, where 0 asks for none in particular: nothing for a model of frames, but 0.96
    /// for one of whole recordings, whose windows say that something is heard anywhere in them.
    static double event_overlap(const model::ModelFile& model, double overlap);

    /// @throws Error unless the network takes what the front end makes
    static void check_fit(const std::string& directory, const model::Scorer& scorer,
                          const frontend::Frontend& frontend);

    /// Reads a source to its end. @param source  one channel at rate_hz()
    Heard listen(audio::Source& source, const ListenOptions& options, const EventDetector::Sink& sink);

    /// EventDetector::set_thresholds, also while it listens: from one of the callbacks.
    void set_thresholds(std::size_t class_index, double on_threshold, double off_threshold);

    int rate_hz() const { return frontend_->rate_hz(); }
    double window_s() const { return grid_.window_s; }
    double hop_s() const { return grid_.hop_s; }

 private:
    std::span<const float> gated(std::span<const float> scores);

    std::unique_ptr<frontend::Frontend> frontend_;
    std::unique_ptr<model::Scorer> scorer_;
    std::vector<std::string> labels_;
    windows::WindowGrid grid_;
    BatchScorer batches_;
    std::optional<double> min_level_dbfs_;
    bool any_sound_;              // the detector has a class more than there are labels
    windows::SlotLevels levels_;  // used if there is a least level
    std::vector<float> gated_;
    EventDetector detector_;
};

}  // namespace earshot::detect
