#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "detect/batch_scorer.h"
#include "frontend/frontend.h"
#include "model/model_file.h"
#include "model/scorer.h"

namespace earshot::detect {

/// What a recording as a whole came to.
struct RecordingScores {
    std::int64_t windows = 0;
    /// Of each label, its highest score over the windows: it need only be heard once. Of the background
    /// and of `unknown`, the lowest: one window with something in it is enough.
    std::vector<float> scores;
    std::vector<std::string> damage;  // of the recording: what could be decoded was scored
    std::string problem;              // why it came to nothing

    /// Of which labels the lowest score counts, rather than the highest.
    static std::vector<bool> lowest_of(const model::ModelFile& model);
    /// The scores of another window.
    void take(std::span<const float> window, const std::vector<bool>& lowest);
};

/// How many of `count` recordings to score together: windows enough for the network, and work enough for each
/// of `jobs`.
std::size_t recordings_together(std::size_t count, std::size_t jobs);

/// Scores whole recordings, the windows of several of them together: a network reads all of its weights for
/// each batch. One a thread.
class RecordingScorer {
 public:
    /// @param directory  of the model, for messages
    /// @param overlap    Listener::frontend_of
    /// @throws Error as Listener
    RecordingScorer(const std::string& directory, const model::ModelFile& model,
                    std::unique_ptr<model::Scorer> scorer, double overlap = 0);

    /// @param source  how recordings are read; the rate is the front end's
    std::vector<RecordingScores> score(std::span<const std::string> recordings, audio::SourceOptions source);

 private:
    void hear(const std::string& recording, const audio::SourceOptions& source, RecordingScores& scores,
              const std::function<void(std::span<const float> window)>& sink);

    std::unique_ptr<frontend::Frontend> frontend_;
    std::unique_ptr<model::Scorer> scorer_;
    BatchScorer batches_;
    std::vector<bool> lowest_;  // labels whose lowest score counts
};

}  // namespace earshot::detect
