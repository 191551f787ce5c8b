#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "model/session.h"

namespace earshot::detect {

/// The result for a recording as a whole.
struct RecordingScores {
    std::int64_t windows = 0;
    /// Per label, its highest score over the windows: it need only occur once. For the background and
    /// `unknown` the lowest: a single window with something else in it is enough.
    std::vector<float> scores;
    std::vector<std::string> damage;  // places that could not be decoded; the rest was scored
    std::string problem;              // why there is no result

    /// Which labels' lowest score counts, rather than their highest.
    static std::vector<bool> lowest_of(const model::ModelFile& model);
    /// Takes the scores of another window.
    void take(std::span<const float> window, const std::vector<bool>& lowest);
};

/// How many of `count` recordings to score together: enough windows for the network, and enough work for each
/// of `jobs`.
std::size_t recordings_together(std::size_t count, std::size_t jobs);

/// Scores whole recordings. Windows of several recordings share a batch, since a network reads all its
/// weights for each batch. One per thread.
class RecordingScorer {
 public:
    /// @param overlap  of windows (Windowing::overlap)
    /// @throws Error as Listener
    explicit RecordingScorer(std::shared_ptr<const model::Model> model, double overlap = 0);

    /// @param source  how to read recordings; the sample rate is the front end's
    std::vector<RecordingScores> score(std::span<const std::string> recordings, audio::SourceOptions source);

 private:
    using WindowScorer = std::function<void(std::span<const float> window, std::size_t steps)>;
    void hear(const std::string& recording, const audio::SourceOptions& source, RecordingScores& scores,
              const WindowScorer& sink);

    model::Session session_;
    windows::WindowStream& windows_;  // the session's
    std::vector<bool> lowest_;        // labels whose lowest score counts
};

}  // namespace earshot::detect
