#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "network/architecture.h"
#include "network/torch/answer.h"
#include "network/torch/discriminant.h"
#include "network/torch/logistic_regression.h"
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

    /// How the last layer comes about.
    enum class Head {
        dense,      // it learns with the others
        lda,        // linear discriminant analysis of what the others give once they are trained
        linear,     // logistic regression
        neighbours  // the examples themselves
    };
    Head head() const { return head_; }
    /// Whether any layer learns by gradient descent. With Head::neighbours, none does.
    bool learns() const;
    /// Fits a last layer that does not learn by gradient descent to windows and what they are: their classes,
    /// int64 [n], or states of each output, as Answer::loss() compares with.
    ///
    /// With Head::lda, outputs become the discriminant functions, all with the same shift and scale. On
    /// average over the classes, the output for a window of the class is kOwnClass, and that for a window of
    /// the most similar other class is -kOwnClass.
    ///
    /// With Head::linear, they become the logarithms of odds. The penalty is that of the architecture, or
    /// usual_penalty().
    /// With Head::neighbours, the layer before it becomes that of fit_whitening(). Windows must be as many of
    /// each class as the architecture says; their features become its rows, shifted and scaled as for lda,
    /// but as if cosines with examples of the own and of the other class differed by 0.1 at least.
    /// @param weights   of the loss, Answer::loss_weights()
    /// @param balanced  for lda: as fit_discriminant()
    void fit_output(const LabelledStream& windows, const torch::Tensor& weights, bool balanced);
    static constexpr double kOwnClass = 2;  // a score of 0.88

    /// What the last layer sees of windows: float32 [n, features()], on the CPU.
    torch::Tensor features_of(const torch::Tensor& windows) const;
    std::int64_t features() const;
    /// Writes the last layer.
    void set_output(const LinearFunction& function);

 private:
    Network(const nlohmann::ordered_json& architecture, const NetworkOptions& options);
    std::size_t output_node() const;
    void fit_discriminant_to(const LabelledStream& features, bool balanced);
    void fit_linear_to(const LabelledStream& features, const torch::Tensor& weights);
    void remember(const LabelledStream& windows);

    Answer answer_;
    Head head_;
    bool gains_from_bfloat16_;
    std::optional<double> shrinkage_;  // none: estimated
    std::optional<double> penalty_;
    std::vector<std::int64_t> examples_;  // of each class, for neighbours
    std::int64_t nearest_;
};

}  // namespace earshot::network
