#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "audio/source.h"
#include "frontend/frontend.h"
#include "model/scorer.h"

namespace earshot {

/// Takes the scores of one window, one per class, valid during the call.
using ScoreSink = std::function<void(std::span<const float> scores)>;

/// Gathers windows and has them scored many at a time, since a network reads all its weights for each batch.
/// Allocates when constructed and never after.
class BatchScorer {
 public:
    /// @param scorer  must live as long as this
    explicit BatchScorer(Scorer& scorer);

    /// @param window  scorer.window_values() numbers
    void push(std::span<const float> window, const ScoreSink& sink);
    /// Scores what is gathered.
    void flush(const ScoreSink& sink);
    /// Forgets what is gathered.
    void reset() { count_ = 0; }

 private:
    Scorer& scorer_;
    std::size_t capacity_;  // windows
    std::size_t count_ = 0;
    std::vector<float> windows_, scores_;
};

struct ScoringOptions {
    bool live = false;  // score what a block brings at once rather than wait until a batch is full
    std::function<void(double seconds)> progress;  // after each block, sound heard so far; may throw to stop
};

struct Scored {
    double duration_s = 0;  // of the sound that was read
    std::int64_t windows = 0;
};

/// Reads a source to its end, through front end and network. Whatever is thrown leaves both as new.
/// @param source    one channel at the front end's rate
/// @param frontend  makes one window a frame: its dimension is the scorer's window_values()
Scored score_recording(Source& source, Frontend& frontend, BatchScorer& scorer, const ScoringOptions& options,
                       const ScoreSink& sink);

}  // namespace earshot
