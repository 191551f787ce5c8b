#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "model/model_file.h"
#include "network/weights.h"

namespace earshot::model {

/// Windows of frames in, scores out: the only interface of detection and evaluation to a network. No LibTorch
/// here, so that another engine can implement it. Weights are only read, so threads may share a scorer.
class Scorer {
 public:
    virtual ~Scorer() = default;
    virtual std::size_t window_values() const = 0;  // K · D
    virtual std::size_t classes() const = 0;
    /// Scores of each class for a window: Windowing::steps.
    virtual std::size_t steps() const { return 1; }
    /// @param windows  count x window_values(), row-major, frames as the front end made them
    /// @param scores   count x steps() x classes(), probabilities
    virtual void score(std::span<const float> windows, std::size_t count, std::span<float> scores) const = 0;
};

/// Scores by a network that is there already: from windows [K, D] to [steps, classes].
std::unique_ptr<Scorer> make_scorer(const network::Graph& graph, const network::Weights& weights);

/// @throws Error if weights and architecture do not fit each other; sizes are checked before memory is taken
std::unique_ptr<Scorer> open_scorer(const std::string& directory, const ModelFile& model);

}  // namespace earshot::model
