#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "network/architecture.h"
#include "network/torch/answer.h"
#include "network/torch/discriminant.h"
#include "network/torch/walker.h"

namespace earshot::network {

/// Returns float32 tensors [n, K·D], then an undefined one at the end.
using TensorStream = std::function<torch::Tensor()>;

/// The network that an architecture describes, to be trained.
class Network : public Walker {
 public:
    /// Checks all sizes before it allocates memory.
    /// @param architecture  {"kind": "mlp", ...}   @throws Error as make_graph()
    explicit Network(const nlohmann::ordered_json& architecture);

    const Answer& answer() const { return answer_; }

    /// Whether its products are large enough to be faster in bfloat16 if the CPU has instructions for it. A
    /// small dense network gets slower.
    bool gains_from_bfloat16() const { return gains_from_bfloat16_; }

    /// Fits mean and deviation (of the population) of features to the training windows; sums are in double
    /// precision. A value that never varies gets deviation 1, so that it contributes nothing instead of
    /// amplified noise. Does nothing if each window is standardised by itself.
    void fit_input(const TensorStream& windows);

    /// Whether linear discriminant analysis fits the last layer after the others are trained.
    bool discriminant() const { return discriminant_; }
    /// Whether any layer learns by gradient descent.
    bool learns() const;
    /// Fits the last layer to windows and their classes. Its outputs become the discriminant functions, all
    /// with the same shift and scale. On average over the classes, the output for a window of the class is
    /// kOwnClass, and that for a window of the most similar other class is -kOwnClass.
    void fit_output(const LabelledStream& windows, bool balanced);
    static constexpr double kOwnClass = 2;  // a score of 0.88

 private:
    Network(const nlohmann::ordered_json& architecture, const NetworkOptions& options);
    std::size_t output_node() const;

    Answer answer_;
    bool discriminant_, gains_from_bfloat16_;
    std::optional<double> shrinkage_;  // none: estimated
};

}  // namespace earshot::network
