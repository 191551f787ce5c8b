// A graph as a stranger may have made it: read, and if it is small, run.

#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/run_graph.h"
#include "network/graph.h"
#include "network/weights.h"
#include "support/error.h"
#include "support/json.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace earshot;
using Json = nlohmann::ordered_json;
using Random = std::minstd_rand;

/// What the mutation made last, so that it need not be parsed again.
struct Made {
    std::string text;
    Json json;
} made;

std::optional<network::Graph> read(std::string_view text) {
    try {
        return network::Graph::from_json(text == made.text ? made.json : parse_json(text, "graph"));
    } catch (const Error& error) {
        fuzz::check_message(error);
        return {};
    }
}

void run(const network::Graph& graph, float weight) {
    network::Weights weights;
    for (const network::WeightSpec& spec : graph.weights()) {
        if (spec.kind != network::WeightSpec::Kind::counter)
            weights.set(spec.name, std::vector<float>(static_cast<std::size_t>(spec.values()), weight));
    }
    fuzz::run(graph, weights);
}

/// Changes one thing of a graph, so that what comes out is still JSON and often a graph.
class Mutation {
 public:
    explicit Mutation(unsigned seed) : random_(seed) {}

    void change(Json& graph) {
        const auto found = graph.is_object() ? graph.find("nodes") : graph.end();
        if (found == graph.end() || !found->is_array() || found->empty()) return;
        Json& nodes = *found;
        const std::size_t at = below(nodes.size());
        switch (below(8)) {
            case 0:  // another node like one that is there
                nodes.insert(nodes.begin() + static_cast<std::ptrdiff_t>(below(nodes.size() + 1)),
                             Json(nodes[at]));
                break;
            case 1:
                nodes.erase(at);
                break;
            case 2: {
                Json from = Json::array();
                for (std::size_t i = 0; i <= below(3); ++i) from.push_back(below(at + 1));
                if (nodes[at].is_object()) nodes[at]["from"] = std::move(from);
                break;
            }
            case 3:
                if (nodes[at].is_object()) nodes[at]["name"] = std::string(1 + below(3), 'a');
                break;
            case 4:
                graph["logits"] = below(nodes.size());
                break;
            case 5:
                spell_out(graph, at);
                break;
            default:
                change_setting(nodes[at]);
        }
    }

 private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    /// Gives a node all settings that its operation has.
    static void spell_out(Json& graph, std::size_t at) {
        try {
            graph["nodes"][at] = network::Graph::from_json(graph).json()["nodes"][at];
        } catch (const Error&) {  // it is no graph
        }
    }

    void change_setting(Json& node) {
        if (!node.is_object() || node.empty()) return;
        auto setting = node.begin();
        std::advance(setting, below(node.size()));
        Json* value = &setting.value();
        if (value->is_array()) {
            if (below(4) == 0 || value->empty()) {
                value->push_back(number());
                return;
            }
            value = &(*value)[below(value->size())];
        }
        if (value->is_number()) *value = number();
        if (value->is_boolean()) *value = !value->get<bool>();
    }

    /// Unsigned, as the parser reads them.
    std::uint64_t number() {
        constexpr std::uint64_t kNumbers[] = {
            0,  1,   2,    3,     4,       5,       7,        8,        16,      31,       64,
            80, 256, 8192, 65535, 1 << 16, 1 << 20, 67108863, 67108864, 1 << 30, INT64_MAX};
        return kNumbers[below(std::size(kNumbers))];
    }

    Random random_;
};

}  // namespace

/// Half of the time would go into remembering where memory was taken, and into fresh pages.
extern "C" const char* __asan_default_options() { return "malloc_context_size=0:quarantine_size_mb=4"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto graph = read({reinterpret_cast<const char*>(data), size});
    if (!graph) return 0;
    // What takes longer than reading the graph is done for some of the inputs, always the same ones.
    const unsigned chance = XXH32(data, size, 0) % 8;
    if (chance < 2) {
        const Json json = graph->json();
        fuzz::require(network::Graph::from_json(json).json() == json);
    }
    if (chance % 2 == 0 && fuzz::is_small(*graph)) run(*graph, chance < 4 ? 0 : 1);
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
    const auto json =
        seed % 4 == 0 ? std::nullopt : try_parse_json({reinterpret_cast<const char*>(data), size});
    if (!json) return LLVMFuzzerMutate(data, size, max_size);
    Json changed = *json;
    Mutation(seed).change(changed);
    const std::string text = changed.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
    std::memcpy(data, text.data(), text.size());
    made = {text, std::move(changed)};
    return text.size();
}
