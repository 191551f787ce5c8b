#include "network/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "network/settings.h"
#include "support/error.h"
#include "support/setting.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;
using Kind = WeightSpec::Kind;

/// Weights of an operation on a value of `in`, named within its node.
std::vector<WeightSpec> specs_of(const Op& op, const Shape& in) {
    using Specs = std::vector<WeightSpec>;
    const auto affine = [](const Shape& shape) { return Specs{{"weight", shape}, {"bias", shape}}; };
    return std::visit(
        Overloaded{[&](const op::Linear& linear) {
                       Specs specs{{"weight", {linear.units, in.back()}}};
                       if (linear.bias) specs.push_back({"bias", {linear.units}});
                       return specs;
                   },
                   [&](const op::Conv& conv) {
                       Shape kernel{conv.channels, in[0] / conv.groups};
                       kernel.insert(kernel.end(), conv.kernel.begin(), conv.kernel.end());
                       Specs specs{{"weight", std::move(kernel)}};
                       if (conv.bias) specs.push_back({"bias", {conv.channels}});
                       return specs;
                   },
                   [&](const op::BatchNorm&) {
                       Specs specs = affine({in[0]});
                       specs.push_back({"running_mean", {in[0]}, Kind::statistic});
                       specs.push_back({"running_var", {in[0]}, Kind::statistic});
                       specs.push_back({"num_batches_tracked", {}, Kind::counter});
                       return specs;
                   },
                   [&](const op::LayerNorm& norm) {
                       return affine({in.end() - norm.dimensions, in.end()});
                   },
                   [&](const op::GroupNorm&) { return affine({in[0]}); },
                   [&](const op::Gru& gru) {
                       Specs specs;
                       for (const char* direction : {"", "_reverse"}) {
                           if (*direction != 0 && !gru.bidirectional) break;
                           const auto name = [&](const char* what) {
                               return fmt::format("{}_l0{}", what, direction);
                           };
                           specs.push_back({name("weight_ih"), {3 * gru.hidden, in[1]}});
                           specs.push_back({name("weight_hh"), {3 * gru.hidden, gru.hidden}});
                           specs.push_back({name("bias_ih"), {3 * gru.hidden}});
                           specs.push_back({name("bias_hh"), {3 * gru.hidden}});
                       }
                       return specs;
                   },
                   [&](const op::Attention&) {
                       return Specs{{"in_proj_weight", {3 * in[1], in[1]}},
                                    {"in_proj_bias", {3 * in[1]}},
                                    {"out_proj.weight", {in[1], in[1]}},
                                    {"out_proj.bias", {in[1]}}};
                   },
                   [&](const op::Weighted& weighted) {
                       return Specs{{"weight", weighted.shape}};
                   },
                   [&](const op::Standardise& standardise) {
                       if (standardise.by != op::Standardise::By::data) return Specs{};
                       const Shape bands{in[0] * in[2]};
                       return Specs{{"mean", bands, Kind::statistic}, {"deviation", bands, Kind::statistic}};
                   },
                   [](const auto&) { return Specs{}; }},
        op);
}

/// Numbers that an engine may keep for an array: it pads rows to what registers hold, in each group of a
/// convolution for itself, so that a single row may take the place of 32.
std::int64_t packed_values(const Op& op, const WeightSpec& spec) {
    if (spec.shape.size() < 2) return spec.values();
    constexpr std::int64_t kBlock = 32;
    const auto* conv = std::get_if<op::Conv>(&op);
    const std::int64_t groups = conv != nullptr ? conv->groups : 1, rows = spec.shape[0] / groups;
    return groups * ((rows + kBlock - 1) / kBlock * kBlock) * (spec.values() / spec.shape[0]);
}

/// Text that messages can show: one line, and not a long one.
std::string word(const Json& json, const char* key) {
    constexpr std::size_t kMaxBytes = 256;
    std::string text = text_setting(json, key);
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (text.size() > kMaxBytes || std::ranges::any_of(text, is_control))
        throw Error(wrong_setting(key, json[key], "a short text without control characters"));
    return text;
}

/// Values that a name in a file gives in place of `from` are the node before.
std::vector<std::size_t> read_inputs(const Json& json, std::size_t node) {
    const auto found = json.find("from");
    if (found == json.end()) return {node - 1};
    if (!found->is_array() || found->size() > Graph::kMaxNodes)
        throw Error(wrong_setting("from", *found, "a list of earlier nodes"));
    std::vector<std::size_t> inputs;
    for (const Json& item : *found) {
        if (!item.is_number_unsigned() || item.get<std::uint64_t>() >= node)
            throw Error(wrong_setting("from", item, fmt::format("an earlier node, 0 to {}", node - 1)));
        inputs.push_back(item.get<std::size_t>());
    }
    return inputs;
}

/// Results for each window of the input, given those of what the operation works on.
std::int64_t views_after(const Op& op, std::span<const Node> nodes, std::span<const std::size_t> inputs) {
    std::int64_t views = 1;
    for (const auto input : inputs) views = nodes[input].views;
    for (const auto input : inputs) {
        if (nodes[input].views != views) throw Error("its inputs have different numbers of views");
    }
    if (std::holds_alternative<op::MergeViews>(op)) return 1;
    const auto* made = std::get_if<op::Views>(&op);
    if (made == nullptr) return views;
    if (views != 1) throw Error("its input has several views already");
    return made->count();
}

template <std::size_t I = 0>
Op op_named(const std::string& name) {
    if constexpr (I < std::variant_size_v<Op>) {
        Op op(std::in_place_index<I>);
        return name == name_of(op) ? op : op_named<I + 1>(name);
    } else {
        throw Error(fmt::format("no operation '{}' (perhaps a newer earshot wrote it)", name));
    }
}

}  // namespace

std::int64_t WeightSpec::values() const { return values_of(shape); }

Graph::Graph(std::int64_t frames, std::int64_t bands) { add("", op::Input{{frames, bands}}, {}); }

std::size_t Graph::add(std::string name, Op op, std::vector<std::size_t> inputs) {
    const auto fail = [&](const std::string& what) {
        return Error(fmt::format("graph: node {}, {}{}: {}", nodes_.size(), name_of(op),
                                 name.empty() ? "" : fmt::format(" '{}'", name), what));
    };
    if (nodes_.size() == kMaxNodes) throw fail(fmt::format("at most {} nodes are allowed", kMaxNodes));
    if (std::holds_alternative<op::Input>(op) != nodes_.empty())
        throw fail("the first node is the input, and no other");
    std::vector<const Shape*> shapes;
    for (const auto input : inputs) {
        if (input >= nodes_.size()) throw fail(fmt::format("input {} is not an earlier node", input));
        shapes.push_back(&nodes_[input].shape);
    }
    Shape shape;
    std::int64_t views = 1;
    try {
        shape = shape_of(op, shapes);
        views = views_after(op, nodes_, inputs);
    } catch (const Error& error) {
        throw fail(error.what());
    }
    std::int64_t values = 1;
    for (const auto size : shape) {
        if (size < 1 || size > kMaxValues / values)
            throw fail(fmt::format("a result of more than {} values", kMaxValues));
        values *= size;
    }
    values_ += values * views;
    if (values_ > kMaxAllValues) throw fail(fmt::format("more than {} values in all", kMaxAllValues));
    const double work = work_of(op, shapes.empty() ? Shape{} : *shapes.front(), shape);
    nodes_.push_back({std::move(name), std::move(op), std::move(inputs), std::move(shape), views});
    add_weights(nodes_.back());
    work_ += static_cast<double>(views) * work;
    if (work_ > kMaxWork) {
        throw Error(fmt::format("graph: node {}, {}: more than {:.0e} multiplications for a window", last(),
                                name_of(nodes_.back().op), kMaxWork));
    }
    return last();
}

void Graph::add_weights(const Node& node) {
    const auto specs = weights_of(node);
    if (!specs.empty() && node.name.empty())
        throw Error(fmt::format("graph: node {} has weights and no name", last()));
    for (const WeightSpec& spec : specs) {
        if (!arrays_.insert(spec.name).second)
            throw Error(fmt::format("graph: node {}: there are two arrays '{}'", last(), spec.name));
        // Sizes are below 2^26 each, and at most four of them are multiplied: one at a time.
        std::int64_t count = 1;
        for (const auto size : spec.shape) {
            if (size > kMaxWeights / count)
                count = kMaxWeights + 1;
            else
                count *= size;
        }
        weights_ += count;
        if (weights_ > kMaxWeights) {
            throw Error(
                fmt::format("graph: {} weights or more, at most {} are allowed (fewer values a frame, or "
                            "smaller layers)",
                            weights_, kMaxWeights));
        }
        packed_ += packed_values(node.op, spec);
        if (packed_ > kMaxPacked) {
            throw Error(
                fmt::format("graph: node {}: weights that take the memory of more than {} (its rows are "
                            "few and long)",
                            last(), kMaxPacked));
        }
    }
}

std::vector<WeightSpec> Graph::weights_of(const Node& node) const {
    if (node.inputs.empty()) return {};
    auto specs = specs_of(node.op, nodes_[node.inputs.front()].shape);
    for (WeightSpec& spec : specs) spec.name = node.name + "." + spec.name;
    return specs;
}

std::vector<WeightSpec> Graph::weights() const {
    std::vector<WeightSpec> all, others;
    for (const Node& node : nodes_) {
        for (WeightSpec& spec : weights_of(node))
            (spec.kind == Kind::parameter ? all : others).push_back(std::move(spec));
    }
    std::ranges::move(others, std::back_inserter(all));
    return all;
}

Json Graph::json() const {
    Json nodes = Json::array();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        Node node = nodes_[i];
        Json json{{"op", name_of(node.op)}};
        if (!node.name.empty()) json["name"] = node.name;
        if (i > 0 && node.inputs != std::vector{i - 1}) json["from"] = node.inputs;
        json.update(settings_json(op_settings(node.op)));
        nodes.push_back(std::move(json));
    }
    return {{"nodes", std::move(nodes)}, {"logits", logits_}};
}

Graph Graph::from_json(const Json& json) {
    const auto found = json.is_object() ? json.find("nodes") : json.end();
    if (found == json.end() || !found->is_array() || found->empty())
        throw Error("graph: \"nodes\" should be a list");
    std::optional<Graph> graph;
    std::set<std::string> names;
    for (const Json& item : *found) {
        const std::size_t node = graph ? graph->nodes_.size() : 0;
        const auto at_node = [&](auto work) {
            try {
                return work();
            } catch (const Error& error) {
                throw Error(fmt::format("graph: node {}: {}", node, error.what()));
            }
        };
        Op op = at_node([&] {
            if (!item.is_object()) throw Error("should be an object");
            Op made = op_named(item.contains("op") && item["op"].is_string() ? word(item, "op") : "");
            const auto settings = op_settings(made);
            for (const Setting& setting : settings) {
                if (!item.contains(setting.key())) continue;
                const auto wrong = setting.value.take(item[setting.key()], setting.key());
                if (!wrong.empty()) throw Error(wrong);
            }
            return made;
        });
        std::string name;
        if (item.contains("name")) name = at_node([&] { return word(item, "name"); });
        if (!name.empty() && !names.insert(name).second)
            throw Error(fmt::format("graph: node {}: the name '{}' is taken", node, name));
        if (!graph) {
            const auto* input = std::get_if<op::Input>(&op);
            if (input == nullptr || input->shape.size() != 2)
                throw Error("graph: node 0 should be the input, with a shape of 2 numbers");
            graph.emplace(input->shape[0], input->shape[1]);
            continue;
        }
        auto inputs = at_node([&] { return read_inputs(item, node); });
        graph->add(std::move(name), std::move(op), std::move(inputs));
    }
    graph->logits_ =
        static_cast<std::size_t>(whole_setting(json, "logits", 0, static_cast<std::int64_t>(graph->last())));
    if (graph->nodes_.back().views != 1) throw Error("graph: the views of its last node are not merged");
    if (graph->shape().size() != 2)
        throw Error("graph: its last node should give scores for steps and classes, so have 2 dimensions");
    return std::move(*graph);
}

}  // namespace earshot::network
