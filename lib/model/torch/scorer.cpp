#include "model/scorer.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>

#include "model/open_set_scorer.h"
#include "network/torch/network.h"
#include "network/torch/weights.h"
#include "support/error.h"

namespace earshot::model {
namespace {

class TorchScorer : public Scorer {
 public:
    explicit TorchScorer(std::shared_ptr<network::Network> network) : network_(std::move(network)) {
        network_->eval();
    }

    std::size_t window_values() const override { return static_cast<std::size_t>(network_->window_values()); }
    std::size_t classes() const override { return static_cast<std::size_t>(network_->answer().classes()); }

    void score(std::span<const float> windows, std::size_t count, std::span<float> scores) const override {
        if (count == 0) return;
        if (windows.size() != count * window_values() || scores.size() != count * classes()) {
            throw Error(
                fmt::format("score: {} windows of {} values and {} classes do not fit spans of {} and {}",
                            count, window_values(), classes(), windows.size(), scores.size()));
        }
        const torch::InferenceMode no_gradients;
        const auto rows = static_cast<std::int64_t>(count);
        // from_blob needs a non-const pointer; the network only reads its input.
        const auto input =
            torch::from_blob(const_cast<float*>(windows.data()), {rows, network_->window_values()});
        auto output = torch::from_blob(scores.data(), {rows, network_->answer().classes()});
        output.copy_(network_->answer().probabilities(network_->hear(input)));
    }

 private:
    std::shared_ptr<network::Network> network_;  // LibTorch's forward() is not const, but leaves it as it is
};

}  // namespace

std::unique_ptr<Scorer> open_scorer(const std::string& directory, const ModelFile& model) {
    const std::string weights = (std::filesystem::path(directory) / "weights.npz").string();
    std::shared_ptr<network::Network> network;
    // Copying weights needs no threads, and would start LibTorch's for good.
    struct OneThread {
        int before = at::get_num_threads();
        OneThread() { at::set_num_threads(1); }
        ~OneThread() { at::set_num_threads(before); }
    } const one_thread;
    try {
        network = network::load_network(model.architecture, weights);
    } catch (const c10::Error& error) {
        throw Error(fmt::format("{}: {}", directory, error.what_without_backtrace()));
    }
    const std::size_t known = model.labels.size() - (model.unknown.empty() ? 0 : 1);
    if (static_cast<std::size_t>(network->answer().classes()) != known) {
        throw Error(fmt::format("{}/model.json: {} labels{}, but its network has {} classes", directory,
                                known, model.unknown.empty() ? "" : " that it knows",
                                network->answer().classes()));
    }
    auto scorer = std::make_unique<TorchScorer>(std::move(network));
    if (model.unknown.empty()) return scorer;
    return std::make_unique<OpenSetScorer>(std::move(scorer),
                                           std::vector(model.thresholds.begin(), model.thresholds.end() - 1));
}

}  // namespace earshot::model
