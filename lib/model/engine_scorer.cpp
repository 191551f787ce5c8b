#include <fmt/format.h>

#include <filesystem>

#include "model/open_set_scorer.h"
#include "model/scorer.h"
#include "network/architecture.h"
#include "network/engine/engine.h"
#include "support/error.h"

namespace earshot::model {
namespace {

class EngineScorer : public Scorer {
 public:
    EngineScorer(const network::Graph& graph, const network::Weights& weights)
        : engine_(graph, weights), steps_(static_cast<std::size_t>(graph.shape()[0])) {}

    std::size_t window_values() const override { return engine_.window_values(); }
    std::size_t classes() const override { return engine_.scores_per_window() / steps_; }
    std::size_t steps() const override { return steps_; }

    void score(std::span<const float> windows, std::size_t count, std::span<float> scores) const override {
        if (windows.size() != count * window_values() ||
            scores.size() != count * engine_.scores_per_window()) {
            throw Error(fmt::format(
                "score: {} windows of {} values and {} scores do not fit spans of {} and {}", count,
                window_values(), engine_.scores_per_window(), windows.size(), scores.size()));
        }
        engine_.run(windows, count, scores);
    }

 private:
    network::engine::Engine engine_;
    std::size_t steps_;
};

}  // namespace

std::unique_ptr<Scorer> make_scorer(const network::Graph& graph, const network::Weights& weights) {
    return std::make_unique<EngineScorer>(graph, weights);
}

std::unique_ptr<Scorer> open_scorer(const std::string& directory, const ModelFile& model) {
    const auto graph = of_model_json(directory, [&] { return graph_of(model); });
    const auto weights =
        network::Weights::read(graph, (std::filesystem::path(directory) / "weights.npz").string());
    auto scorer = make_scorer(graph, weights);
    const std::size_t known = model.labels.size() - (model.unknown.empty() ? 0 : 1);
    if (scorer->classes() != known) {
        throw Error(fmt::format("{}/model.json: {} labels{}, but its network has {} classes", directory,
                                known, model.unknown.empty() ? "" : " that it knows", scorer->classes()));
    }
    if (model.unknown.empty()) return scorer;
    return std::make_unique<OpenSetScorer>(std::move(scorer),
                                           std::vector(model.thresholds.begin(), model.thresholds.end() - 1));
}

}  // namespace earshot::model
