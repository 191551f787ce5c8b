#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "network/engine/step.h"

namespace earshot::network::engine {

/// A network that has learnt, ready to score windows without LibTorch. Batch normalisation is folded into
/// convolutions, ReLU runs in the same pass, weights are packed once, and memory is planned once: nothing is
/// allocated per window. Threads share an engine. A window's scores don't depend on what else is scored with
/// it, bit for bit.
class Engine {
 public:
    /// @throws Error if the weights lack an array of the graph
    Engine(const Graph& graph, const Weights& weights);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    std::size_t window_values() const { return window_values_; }
    std::size_t scores_per_window() const { return scores_; }

    /// @param windows  count x window_values()
    /// @param scores   count x scores_per_window()
    void run(std::span<const float> windows, std::size_t count, std::span<float> scores) const;

    /// Numbers that a thread needs beside the weights.
    std::size_t memory_values() const { return memory_; }

 private:
    /// A step, and where its values are: in the memory of a thread, or the windows themselves.
    struct Planned {
        StepPointer step;
        std::vector<std::size_t> inputs;
        std::size_t node;
        std::int64_t views;  // windows that it sees for each window of the input
    };
    class Plan;
    class Memory;

    std::size_t window_values_, scores_, chunk_ = 1, memory_ = 0, scratch_ = 0, result_ = 0;
    std::vector<Planned> steps_;
    std::vector<std::size_t> places_;  // of each node's value in memory
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<float[]>> idle_;  // memory of threads, for the next one
};

}  // namespace earshot::network::engine
