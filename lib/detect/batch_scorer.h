#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "model/scorer.h"

namespace earshot::detect {

/// Takes the scores of one window, one per class, valid during the call. @param owner  as it was pushed with
using ScoreSink = std::function<void(std::size_t owner, std::span<const float> scores)>;

/// Gathers windows and has them scored many at a time, since a network reads all its weights for each batch.
/// Allocates when constructed and never after.
class BatchScorer {
 public:
    static constexpr std::size_t kMaxWindows = 256;

    /// @param scorer  must live as long as this
    explicit BatchScorer(model::Scorer& scorer);

    /// @param window  scorer.window_values() numbers
    /// @param owner   whose window it is, for the sink
    void push(std::size_t owner, std::span<const float> window, const ScoreSink& sink);
    /// Scores what is gathered.
    void flush(const ScoreSink& sink);
    /// Forgets what is gathered.
    void reset() { count_ = 0; }

 private:
    model::Scorer& scorer_;
    std::size_t capacity_;  // windows
    std::size_t count_ = 0;
    std::vector<float> windows_, scores_;
    std::vector<std::size_t> owners_;  // of the windows
};

}  // namespace earshot::detect
