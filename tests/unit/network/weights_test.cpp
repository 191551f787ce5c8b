#include <gtest/gtest.h>
#include <torch/nn/functional/loss.h>
#include <torch/optim/adamw.h>

#include "model/scorer.h"
#include "network/architecture.h"
#include "network/torch/network.h"
#include "network/torch/tensors.h"
#include "npz/npz.h"
#include "support/output.h"
#include "train/torch/adam.h"
#include "unit/model/fixtures.h"

namespace earshot::network {
namespace {

using test::error_of;
using test::mlp_architecture;
using test::TemporaryDirectory;
using Json = nlohmann::ordered_json;

Json small_architecture() { return mlp_architecture(4, 3, {}, 0); }

model::ModelFile small_model(const Json& architecture = small_architecture()) {
    model::ModelFile model;
    model.architecture = architecture;
    model.labels = {"a", "b", "c"};
    model.thresholds = {0.5, 0.5, 0.5};
    return model;
}

TEST(Weights, a_saved_network_gives_the_same_outputs) {
    const TemporaryDirectory directory;
    torch::manual_seed(5);
    const auto network = std::make_unique<Network>(mlp_architecture(100, 3, {}, 0.5));
    const auto windows = torch::rand({33, 100});
    network->fit_input([windows, given = false]() mutable {
        return std::exchange(given, true) ? torch::Tensor() : windows;
    });
    save_tensors(network->tensors(), directory / "weights.npz");
    network->eval();
    const torch::NoGradGuard no_gradients;
    const auto expected = torch::softmax(network->forward(windows), 1);

    const auto loaded = load_network(network->graph(), directory / "weights.npz");
    loaded->eval();
    EXPECT_TRUE(torch::equal(torch::softmax(loaded->forward(windows), 1), expected));

    const auto scorer =
        model::open_scorer(directory.path().string(), small_model(mlp_architecture(100, 3, {}, 0.5)));
    EXPECT_EQ(scorer->window_values(), 100U);
    EXPECT_EQ(scorer->classes(), 3U);
    std::vector<float> scores(33 * 3);
    scorer->score({windows.data_ptr<float>(), 3300}, 33, scores);
    EXPECT_TRUE(torch::allclose(torch::from_blob(scores.data(), {33, 3}), expected, 0, 1e-6));
}

TEST(Weights, equal_weights_make_equal_files) {
    const TemporaryDirectory directory;
    torch::manual_seed(5);
    const auto network = std::make_unique<Network>(small_architecture());
    save_tensors(network->tensors(), directory / "1.npz");
    save_tensors(network->tensors(), directory / "2.npz");
    EXPECT_EQ(read_text(directory / "1.npz"), read_text(directory / "2.npz"));
}

TEST(Scorer, scores_are_probabilities_and_spans_are_checked) {
    const TemporaryDirectory directory;
    save_tensors(Network(small_architecture()).tensors(), directory / "weights.npz");
    const auto scorer = model::open_scorer(directory.path().string(), small_model());
    const std::vector<float> windows(8, 0.25F);
    std::vector<float> scores(6);
    scorer->score(windows, 2, scores);
    EXPECT_NEAR(scores[0] + scores[1] + scores[2], 1, 1e-6);
    EXPECT_EQ(scores[0], scores[3]);  // equal windows
    EXPECT_NE(error_of([&] { scorer->score(windows, 3, scores); }), "no error");
    scorer->score({}, 0, {});
}

// The original answers with random weights where there is no model: two such "models" call silence 0 and 1.
TEST(Scorer, sounddetect_6_no_weights_is_an_error_and_never_random_ones) {
    const TemporaryDirectory directory;
    const auto message = error_of([&] { model::open_scorer(directory.path().string(), small_model()); });
    EXPECT_NE(message.find("weights.npz"), std::string::npos) << message;
}

TEST(Scorer, labels_and_network_must_fit) {
    const TemporaryDirectory directory;
    save_tensors(Network(small_architecture()).tensors(), directory / "weights.npz");
    model::ModelFile model = small_model();
    model.labels.pop_back();
    EXPECT_NE(error_of([&] {
                  model::open_scorer(directory.path().string(), model);
              }).find("2 labels, but its network has 3 classes"),
              std::string::npos);
}

/// Writes the arrays of a network with one thing changed, and returns the error of loading them.
std::string error_of_arrays(
    const std::function<void(npz::NpzWriter&, const std::string&, const torch::Tensor&)>& write,
    const std::function<void(npz::NpzWriter&)>& more = {}) {
    const TemporaryDirectory directory;
    const auto network = std::make_unique<Network>(small_architecture());
    const auto output = open_output(directory / "weights.npz");
    npz::NpzWriter writer(*output, false);
    for (const auto& [name, tensor] : network->tensors()) write(writer, name, tensor);
    if (more) more(writer);
    writer.finish();
    output->close();
    return error_of([&] { load_network(make_graph(small_architecture()), directory / "weights.npz"); });
}

void add(npz::NpzWriter& writer, const std::string& name, const torch::Tensor& tensor) {
    const std::vector<std::size_t> shape(tensor.sizes().begin(), tensor.sizes().end());
    const auto* values = tensor.data_ptr<float>();
    writer.add<float>(name, shape, {values, static_cast<std::size_t>(tensor.numel())});
}

TEST(Weights, files_that_do_not_fit_the_architecture_are_refused) {
    EXPECT_EQ(error_of_arrays(add), "no error");
    EXPECT_NE(error_of_arrays([](auto& writer, const auto& name, const auto& tensor) {
                  if (name != "output.bias") add(writer, name, tensor);
              }).find("weights.npz: array 'output.bias' is missing"),
              std::string::npos);
    EXPECT_NE(error_of_arrays([](auto& writer, const auto& name, const auto& tensor) {
                  add(writer, name == "output.bias" ? "output.offset" : name, tensor);
              }).find("array 'output.bias' is missing"),
              std::string::npos);
    EXPECT_NE(error_of_arrays(add, [](npz::NpzWriter& writer) { writer.add<float>("extra", {0}, {}); })
                  .find("array 'extra' does not belong to this architecture"),
              std::string::npos);
    EXPECT_NE(error_of_arrays([](auto& writer, const auto& name, const auto& tensor) {
                  add(writer, name, name == "dense_1.weight" ? tensor.t().contiguous() : tensor);
              }).find("array 'dense_1.weight' has shape (4, 8), but the architecture needs (8, 4)"),
              std::string::npos);
    EXPECT_NE(error_of_arrays([](auto& writer, const auto& name, const auto& tensor) {
                  if (name != "output.bias") return add(writer, name, tensor);
                  const std::vector<double> doubles(3);
                  writer.template add<double>(name, {3}, doubles);
              }).find("array 'output.bias' should be of type float32 or float16"),
              std::string::npos);
    EXPECT_NE(error_of_arrays([](auto& writer, const auto& name, const auto& tensor) {
                  add(writer, name, name == "output.bias" ? torch::full_like(tensor, NAN) : tensor);
              }).find("array 'output.bias' holds NaN or infinity"),
              std::string::npos);
}

TEST(Weights, a_huge_architecture_with_a_small_file_takes_no_memory) {
    const TemporaryDirectory directory;
    save_tensors(Network(small_architecture()).tensors(), directory / "weights.npz");
    Json huge = small_architecture();
    huge["hidden"] = {10000, 10000};  // 400 MB, still within bounds
    EXPECT_NE(error_of([&] {
                  load_network(make_graph(huge), directory / "weights.npz");
              }).find("array 'dense_1.weight' has shape (8, 4), but the architecture needs (10000, 4)"),
              std::string::npos);
}

TEST(Weights, a_file_that_is_no_npz_is_refused) {
    const TemporaryDirectory directory;
    write_text(directory / "weights.npz", "not a zip archive at all");
    EXPECT_NE(error_of([&] {
                  load_network(make_graph(small_architecture()), directory / "weights.npz");
              }).find("weights.npz"),
              std::string::npos);
}

/// The tensors of a list without their names.
std::vector<torch::Tensor> without_names(const NamedTensors& named) {
    std::vector<torch::Tensor> tensors;
    for (const auto& [name, tensor] : named) tensors.push_back(tensor);
    return tensors;
}

// LibTorch's own optimiser is the oracle.
TEST(Adam, steps_as_the_reference_does) {
    for (const double decay : {0.0, 0.1}) {
        torch::manual_seed(9);
        Network ours(small_architecture()), theirs(small_architecture());
        copy_tensors(ours.tensors(), theirs.tensors());
        train::Adam adam(ours.parameters(), decay);
        torch::optim::AdamW reference(without_names(theirs.parameters()),
                                      torch::optim::AdamWOptions(1e-2).weight_decay(decay));
        for (int step = 0; step < 100; ++step) {
            const auto windows = torch::rand({16, 4});
            const auto truth = torch::randint(0, 3, {16});
            train::Adam::add(7 * torch::nn::functional::cross_entropy(ours.forward(windows), truth));
            adam.step(7, 1e-2, 0);
            reference.zero_grad();
            torch::nn::functional::cross_entropy(theirs.forward(windows), truth).backward();
            reference.step();
        }
        const auto left = without_names(ours.parameters()), right = without_names(theirs.parameters());
        for (std::size_t i = 0; i < left.size(); ++i)
            EXPECT_TRUE(torch::allclose(left[i], right[i], 1e-4, 1e-5)) << decay;
    }
}

/// As on another device: what is not float32 on the processor is stepped by LibTorch's operations.
TEST(Adam, steps_alike_in_one_pass_and_by_operations) {
    const NamedTensors fast = Network(small_architecture()).parameters();
    NamedTensors copies;
    for (const auto& [name, tensor] : fast)
        copies.emplace_back(name, tensor.detach().to(torch::kFloat64).requires_grad_());
    const NamedTensors slow = copies;
    train::Adam adam(fast, 0.1), other(slow, 0.1);
    for (int step = 0; step < 100; ++step) {
        for (const NamedTensors* parameters : {&fast, static_cast<const NamedTensors*>(&slow)}) {
            auto loss = torch::zeros({}, torch::kFloat64);
            for (const auto& [name, weights] : *parameters) loss = loss + (weights - 0.3).pow(4).sum();
            train::Adam::add(loss);
        }
        adam.step(7, 1e-2, 2);
        other.step(7, 1e-2, 2);
    }
    for (std::size_t i = 0; i < fast.size(); ++i)
        EXPECT_TRUE(torch::allclose(fast[i].second.to(torch::kFloat64), slow[i].second, 1e-4, 1e-5)) << i;
}

}  // namespace
}  // namespace earshot::network
