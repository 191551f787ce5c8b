#include "tools/foreign_embedding.h"

#include <algorithm>
#include <filesystem>

#include "dataset/content_hash.h"
#include "frontend/frontend.h"
#include "network/time_stride.h"
#include "support/error.h"

namespace earshot::tools {

nlohmann::ordered_json embedding_settings(const std::string& path, const exchange::ForeignNetwork& network,
                                          const EmbeddingChoice& choice) {
    auto weights = choice.weights;
    const nlohmann::ordered_json settings{{"kind", "embedding"},
                                          {"network", choice.name},
                                          {"file", std::filesystem::path(path).filename().string()},
                                          {"hash", dataset::file_hash(path)},
                                          {"result", network.result},
                                          {"frames", network.graph.frames()},
                                          {"hop", choice.hop},
                                          {"steps", network.graph.shape()[0]},
                                          {"dimension", network.graph.shape()[1]},
                                          {"pad_s", choice.pad_s},
                                          {"weights", network::precision_in(weights).text()},
                                          {"input", choice.input}};
    try {
        return frontend::make_frontend(settings)->settings();
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
}

std::int64_t window_hop(const network::Graph& graph, std::int64_t usual) {
    const std::int64_t steps = graph.shape()[0];
    const auto stride = steps > 1 ? network::time_stride(graph) : std::nullopt;
    return stride ? steps * *stride : std::max(steps, usual / steps * steps);
}

}  // namespace earshot::tools
