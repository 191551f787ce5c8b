#include "frontend/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "frontend/embedding.h"
#include "network/ears.h"
#include "network/engine/engine.h"
#include "network/lengthen.h"
#include "network/time_stride.h"
#include "npz/npz.h"
#include "support/error.h"
#include "support/json.h"
#include "support/output.h"

namespace earshot::frontend {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDescription = "pretrained";  // the array that is no weight
constexpr int kEarsVersion = 1;
constexpr std::size_t kLongWindows[] = {32, 8, 2};  // each has weights of its own in memory
constexpr std::int64_t kMostLongWeights = std::int64_t{1} << 22;
constexpr std::size_t kMostLongValues = std::size_t{1} << 24;  // that a thread needs for a long window

/// Whether the result is that of a sigmoid or a softmax, perhaps in another shape.
bool ends_in_probabilities(const network::Graph& graph) {
    namespace op = network::op;
    const auto keeps_them = [](const network::Op& operation) {
        if (const auto* affine = std::get_if<op::Affine>(&operation))
            return affine->scale == 1 && affine->offset == 0;
        return std::holds_alternative<op::Reshape>(operation) ||
               std::holds_alternative<op::Transpose>(operation) ||
               std::holds_alternative<op::Slice>(operation);
    };
    const network::Node* node = &graph[graph.last()];
    while (keeps_them(node->op)) node = &graph[node->inputs[0]];
    const auto* pointwise = std::get_if<op::Pointwise>(&node->op);
    return std::holds_alternative<op::Softmax>(node->op) ||
           (pointwise != nullptr && pointwise->function == op::Pointwise::Function::sigmoid);
}

/// Either a graph of its own, or earshot's ears for windows as long as its settings say.
network::Graph graph_of(const Json& json) {
    if (json.contains("graph")) return network::Graph::from_json(json.at("graph"));
    if (json.value("network", Json()) != "ears")
        throw Error("its \"network\" should be ears, or it needs a \"graph\"");
    return network::ears_graph(embedding_shape(json.value("frontend", Json())).frames);
}

}  // namespace

PretrainedFile read_pretrained(const std::string& path) {
    const npz::NpzReader file(path);
    if (!file.contains(kDescription))
        throw Error(fmt::format("{}: not a pretrained network (datagen --pretrained writes them)", path));
    const Json json = parse_json(file.text(kDescription), path);
    try {
        if (!json.is_object() || json.value("format_version", Json()) != Json(kEarsVersion))
            throw Error("another version of the format (update earshot)");
        auto graph = graph_of(json);
        const bool own_graph = json.contains("graph");
        auto weights =
            network::Weights::read(own_graph ? graph : network::ears_file_graph(), file, kDescription);
        return {json.value("frontend", Json()), std::move(graph), std::move(weights)};
    } catch (const Error& error) {
        const std::string what = error.what();
        if (what.starts_with(path)) throw;
        throw Error(fmt::format("{}: {}", path, what));
    }
}

std::shared_ptr<const Pretrained> Pretrained::open(const std::string& path) {
    PretrainedFile file = read_pretrained(path);
    try {
        return std::make_shared<const Pretrained>(std::move(file.settings), file.graph, file.weights);
    } catch (const Error& error) {
        throw Error(fmt::format("{}: {}", path, error.what()));
    }
}

Pretrained::Pretrained(Json settings, const network::Graph& graph, const network::Weights& weights)
    : settings_(std::move(settings)), gives_probabilities_(ends_in_probabilities(graph)) {
    const EmbeddingShape wanted = embedding_shape(settings_);
    const network::Shape result{wanted.steps, wanted.dimension};
    if (graph.frames() != wanted.frames || graph.bands() != wanted.bands || graph.shape() != result)
        throw Error(fmt::format(
            "its network makes {} vectors of {} numbers from {} frames of {}, but its settings say "
            "{} of {} from {} of {}",
            graph.shape().front(), graph.shape().back(), graph.frames(), graph.bands(), wanted.steps,
            wanted.dimension, wanted.frames, wanted.bands));
    engine_ = std::make_unique<network::engine::Engine>(graph, weights);
    std::int64_t values = 0;
    for (const auto& array : graph.weights()) values += array.values();
    if (values > kMostLongWeights || network::time_stride(graph) != wanted.hop / wanted.steps) return;
    for (const std::size_t windows : kLongWindows) {
        const auto count = static_cast<std::int64_t>(windows);
        const auto longer = network::lengthened(graph, wanted.frames + (count - 1) * wanted.hop);
        if (!longer || longer->shape() != network::Shape{count * wanted.steps, wanted.dimension}) continue;
        auto engine = std::make_unique<network::engine::Engine>(*longer, weights);
        if (engine->memory_values() <= kMostLongValues) longer_.push_back({windows, std::move(engine)});
    }
}

Pretrained::~Pretrained() = default;

void Pretrained::run(std::span<const float> windows, std::size_t count, std::span<float> vectors) const {
    engine_->run(windows, count, vectors);
}

std::size_t Pretrained::long_windows(std::size_t count) const {
    const auto found =
        std::ranges::find_if(longer_, [&](const Longer& longer) { return longer.windows <= count; });
    return found == longer_.end() ? 0 : found->windows;
}

void Pretrained::run_long(std::span<const float> frames, std::size_t count, std::span<float> vectors) const {
    std::ranges::find(longer_, count, &Longer::windows)->engine->run(frames, 1, vectors);
}

void save_pretrained(const std::string& path, const Json& settings, const network::Graph& graph,
                     const network::Weights& weights) {
    const auto output = open_output(path);
    npz::NpzWriter writer(*output, false);
    const Json json{{"format_version", kEarsVersion}, {"frontend", settings}, {"graph", graph.json()}};
    writer.add_text(kDescription, json.dump(-1, ' ', false, Json::error_handler_t::replace));
    network::add_weights(writer, graph, weights, embedding_shape(settings).weights);
    writer.finish();
    output->close();
}

}  // namespace earshot::frontend
