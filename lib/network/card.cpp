#include "network/card.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "support/setting.h"

namespace earshot::network {
namespace {

/// Multiplications of a node for one of its inputs.
std::int64_t products_of(const Node& node, const Shape& in) {
    return std::visit(
        Overloaded{
            [&](const op::Linear&) { return values_of(node.shape) * in.back(); },
            [&](const op::Conv& conv) {
                return values_of(node.shape) * (in[0] / conv.groups) * values_of(conv.kernel);
            },
            [&](const op::Gru& gru) {
                return in[0] * (gru.bidirectional ? 2 : 1) * 3 * gru.hidden * (in[1] + gru.hidden);
            },
            [&](const op::Attention&) { return 4 * in[0] * in[1] * in[1] + 2 * in[0] * in[0] * in[1]; },
            [](const auto&) { return std::int64_t{0}; }},
        node.op);
}

/// What a node does, in one word: for functions of single numbers, which.
std::string operation_of(const Node& node) {
    Op op = node.op;
    if (std::holds_alternative<op::Pointwise>(op)) return settings_json(op_settings(op)).at("function");
    return name_of(op);
}

/// The most bytes of results that are alive at once: each is kept until the last node that needs it has run.
std::int64_t peak_bytes(const Graph& graph) {
    const auto nodes = graph.nodes();
    std::vector<std::size_t> last_use(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        last_use[i] = i;
        for (const auto input : nodes[i].inputs) last_use[input] = i;
    }
    last_use.back() = nodes.size();
    const auto bytes = [&](std::size_t i) {
        return values_of(nodes[i].shape) * nodes[i].views * static_cast<std::int64_t>(sizeof(float));
    };
    std::int64_t alive = 0, peak = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        alive += bytes(i);
        peak = std::max(peak, alive);
        for (std::size_t j = 0; j <= i; ++j) {
            if (last_use[j] == i) alive -= bytes(j);
        }
    }
    return peak;
}

/// A number with as many digits as people read: 1234567 as "1.23 M".
std::string rounded(double number) {
    const char* units[] = {"", " k", " M", " G", " T"};
    std::size_t unit = 0;
    for (; number >= 999.5 && unit + 1 < std::size(units); ++unit) number /= 1000;
    return unit == 0 ? fmt::format("{:.0f}", number) : fmt::format("{:.3g}{}", number, units[unit]);
}

}  // namespace

Card card_of(const Graph& graph, std::optional<double> windows_per_s) {
    Card card;
    card.windows_per_s = windows_per_s;
    for (const Node& node : graph.nodes()) {
        Card::Layer layer{node.name, operation_of(node), node.shape};
        for (const WeightSpec& spec : graph.weights_of(node)) {
            if (spec.kind == WeightSpec::Kind::parameter) layer.parameters += spec.values();
            if (spec.kind != WeightSpec::Kind::counter)
                card.weight_bytes += spec.values() * static_cast<std::int64_t>(sizeof(float));
        }
        if (!node.inputs.empty())
            layer.multiplications = node.views * products_of(node, graph[node.inputs.front()].shape);
        card.parameters += layer.parameters;
        card.multiplications += layer.multiplications;
        card.layers.push_back(std::move(layer));
    }
    card.activation_bytes = peak_bytes(graph);
    return card;
}

std::string card_text(const Card& card) {
    const auto row = [](const auto& name, const auto& operation, const auto& shape, const auto& parameters,
                        const auto& multiplications) {
        return fmt::format("{:<16} {:<13} {:<18} {:>10} {:>15}\n", name, operation, shape, parameters,
                           multiplications);
    };
    std::string text = row("layer", "operation", "output", "parameters", "multiplications");
    for (const Card::Layer& layer : card.layers) {
        text += row(layer.name.empty() ? "-" : layer.name, layer.operation,
                    fmt::format("{}", fmt::join(layer.shape, " x ")),
                    layer.parameters > 0 ? fmt::format("{}", layer.parameters) : "-",
                    layer.multiplications > 0 ? fmt::format("{}", layer.multiplications) : "-");
    }
    const auto bytes = [](std::int64_t count) { return rounded(static_cast<double>(count)) + "B"; };
    text +=
        fmt::format("\nparameters                       {}\n", rounded(static_cast<double>(card.parameters)));
    text += fmt::format("multiplications per window       {}\n",
                        rounded(static_cast<double>(card.multiplications)));
    if (card.windows_per_s) {
        text += fmt::format("multiplications per second       {}  ({:.3g} windows per second of sound)\n",
                            rounded(static_cast<double>(card.multiplications) * *card.windows_per_s),
                            *card.windows_per_s);
    }
    text += fmt::format("memory of the weights            {}\n", bytes(card.weight_bytes));
    return text + fmt::format("memory of the values in between  {}\n", bytes(card.activation_bytes));
}

nlohmann::ordered_json card_json(const Card& card) {
    nlohmann::ordered_json layers = nlohmann::ordered_json::array(), per_s;
    for (const Card::Layer& layer : card.layers) {
        layers.push_back({{"name", layer.name},
                          {"operation", layer.operation},
                          {"shape", layer.shape},
                          {"parameters", layer.parameters},
                          {"multiplications", layer.multiplications}});
    }
    if (card.windows_per_s) per_s = static_cast<double>(card.multiplications) * *card.windows_per_s;
    return {{"layers", std::move(layers)},
            {"parameters", card.parameters},
            {"multiplications", card.multiplications},
            {"multiplications_per_s", per_s},
            {"weight_bytes", card.weight_bytes},
            {"activation_bytes", card.activation_bytes}};
}

}  // namespace earshot::network
