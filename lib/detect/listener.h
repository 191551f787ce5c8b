#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audio/source.h"
#include "detect/batch_scorer.h"
#include "detect/event_detector.h"
#include "frontend/frontend.h"
#include "model/model_file.h"
#include "model/scorer.h"
#include "support/output.h"

namespace earshot {

struct ListenOptions {
    std::string name;          // of the recording, in front of messages
    bool live = false;  // score what each block brings rather than wait for a batch; an interrupt is the end
    Output* scores = nullptr;                      // takes a ScoreTable of the recording
    std::function<void(double heard_s)> progress;  // after each block
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
    /// @param rules      one per label of the model
    /// @param start_s    where in their recordings the sources begin
    /// @throws Error if the model does not say how its frames are computed, or its parts do not fit
    Listener(const std::string& directory, const ModelFile& model, std::unique_ptr<Scorer> scorer,
             std::vector<EventRule> rules, double start_s);

    /// The front end that the model was trained with. @throws Error if the model does not say
    static std::unique_ptr<Frontend> frontend_of(const std::string& directory, const ModelFile& model);

    /// Reads a source to its end. @param source  one channel at rate_hz()
    Heard listen(Source& source, const ListenOptions& options, const EventDetector::Sink& sink);

    int rate_hz() const { return frontend_->rate_hz(); }
    double window_s() const { return grid_.window_s; }

 private:
    std::unique_ptr<Frontend> frontend_;
    std::unique_ptr<Scorer> scorer_;
    std::vector<std::string> labels_;
    WindowGrid grid_;
    BatchScorer batches_;
    EventDetector detector_;
};

}  // namespace earshot
