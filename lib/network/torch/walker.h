#pragma once

#include <memory>
#include <string>
#include <vector>

#include "network/graph.h"
#include "network/torch/tensors.h"

namespace earshot::network {

/// A graph whose operations are LibTorch's, with gradients: what training learns with. Frames go in
/// unchanged, since the graph prepares them itself.
class Walker {
 public:
    /// With random weights from LibTorch's generator.
    explicit Walker(Graph graph);

    const Graph& graph() const { return graph_; }
    std::int64_t window_values() const { return graph_.frames() * graph_.bands(); }

    /// All arrays, in the order of Graph::weights().
    const NamedTensors& tensors() const { return tensors_; }
    /// Those that learn by gradient descent.
    NamedTensors parameters() const;
    void zero_grad();

    /// While training, batch normalisation goes by the batch and dropout acts.
    void train(bool on = true) { training_ = on; }
    void eval() { train(false); }
    bool is_training() const { return training_; }

    /// Moves all but what prepares frames to a device. That stays on the CPU, where the frames are.
    void move_to(torch::Device device);
    torch::Device device() const { return device_; }

    /// @param windows  float32 [n, window_values()]
    /// @return  logits [n, ...], on the device that the weights are on; of each window as it is, without
    /// op::Views
    torch::Tensor forward(const torch::Tensor& windows) const;
    /// The same for a network that has learnt: with all views.
    torch::Tensor hear(const torch::Tensor& windows) const;
    /// @param logits  [n, ...]   @return  probabilities [n, steps, classes]
    torch::Tensor scores_of(const torch::Tensor& logits) const;

 protected:
    /// What a node computes, for windows as they are.
    torch::Tensor value_of(std::size_t node, const torch::Tensor& windows) const;
    /// The arrays of a node, in the order of Graph::weights_of().
    std::span<const torch::Tensor> weights_of(std::size_t node) const { return weights_[node]; }

 private:
    torch::Tensor walk(std::size_t first, torch::Tensor value, std::size_t last, bool with_views) const;

    Graph graph_;
    NamedTensors tensors_;
    std::vector<std::vector<torch::Tensor>> weights_;  // of each node
    std::size_t prepared_ = 0;                         // the last node that prepares frames
    torch::Device device_ = torch::kCPU;               // of the nodes after it
    bool training_ = true;
};

/// A graph with the weights of weights.npz. Checks that the file fits before it allocates anything.
/// @throws Error like load_tensors
std::unique_ptr<Walker> load_network(const Graph& graph, const std::string& path);

}  // namespace earshot::network
