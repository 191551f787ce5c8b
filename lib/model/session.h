#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/model.h"
#include "windows/window_stream.h"

namespace earshot::model {

/// Takes the scores of one step of a window, one per label, valid during the call; most networks have one
/// step.
/// @param owner  as the window was pushed with
using ScoreSink = std::function<void(std::size_t owner, std::span<const float> scores)>;

/// One thread's work on a model: its front end and cutter, for one recording after the other, and a batch of
/// windows to be scored at once, since a network reads all its weights for each batch.
class Session {
 public:
    static constexpr std::size_t kMaxWindows = 256;  // in a batch

    /// @param overlap  of the windows that windows() cuts: Windowing::overlap
    explicit Session(std::shared_ptr<const Model> model, double overlap = 0);
    Session(const Session&) = delete;  // what windows() gave stays where it is
    Session& operator=(const Session&) = delete;

    const Model& model() const { return *model_; }

    /// Samples to windows, as the model was trained on. Made by the first call: data that are frames already
    /// need no front end. @throws Error as Model::grid
    windows::WindowStream& windows();

    /// Adds a window to the batch, and scores the batch if it is full.
    /// @param window  model().scorer().window_values() numbers
    /// @param owner   whose window it is, for the sink
    /// @param steps   of it that lie within the recording: steps_of(), at most Scorer::steps()
    void score(std::size_t owner, std::span<const float> window, std::size_t steps, const ScoreSink& sink);
    /// The steps of a window that covers [onset_s, offset_s) as a WindowSink gets it.
    std::size_t steps_of(double onset_s, double offset_s) const;
    /// Scores what is in the batch.
    void flush(const ScoreSink& sink);
    /// Empties the batch without scoring it.
    void reset() { count_ = 0; }

 private:
    std::shared_ptr<const Model> model_;
    double overlap_;
    std::unique_ptr<frontend::Frontend> frontend_;
    std::optional<windows::WindowStream> stream_;
    std::size_t capacity_;  // windows
    std::size_t count_ = 0;
    std::vector<float> windows_, scores_;
    struct Place {
        std::size_t owner, steps;
    };
    std::vector<Place> places_;  // of the windows
};

}  // namespace earshot::model
