#include "model/tagging.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "frontend/embedding.h"
#include "support/error.h"
#include "support/nearest.h"

namespace earshot::model {
namespace {

/// At which a class counts as heard. With a group for each of ten sounds, YAMNet reported the sound of 76 %
/// of 80 clips (ESC-10) at this threshold, and 94 % of its reports were right; at 0.1, 94 % and 79 %.
constexpr double kThreshold = 0.3;

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

/// Up to three names that may have been meant: those that contain it or that it contains, whatever the case,
/// then the one that is spelt most like it.
std::vector<std::string> similar(std::string_view typed, std::span<const std::string> names) {
    constexpr std::size_t kMost = 3;
    std::vector<std::string> found;
    const auto add = [&](const std::string& name) {
        if (found.size() < kMost && std::ranges::find(found, name) == found.end()) found.push_back(name);
    };
    const std::string wanted = lower(typed);
    for (const std::string& name : names)
        if (lower(name) == wanted) add(name);
    if (const auto spelt = nearest(typed, names); !spelt.empty()) add(spelt);
    for (const std::string& name : names)
        if (lower(name).find(wanted) != std::string::npos || wanted.find(lower(name)) != std::string::npos)
            add(name);
    return found;
}

[[noreturn]] void fail_unknown(std::string_view typed, std::span<const std::string> classes) {
    const auto meant = similar(typed, classes);
    throw UsageError(fmt::format("the network has no class '{}'{}", typed,
                                 meant.empty()
                                     ? std::string(" (see the names in its class map)")
                                     : fmt::format(" (did you mean {}?)", fmt::join(meant, ", or "))));
}

std::string_view without_spaces(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

/// The class that the text begins with, up to its end or a comma, and what is left behind that comma.
std::pair<std::size_t, std::string_view> take_class(std::string_view text,
                                                    std::span<const std::string> classes) {
    for (std::size_t end = text.size(); end != std::string_view::npos && end > 0;
         end = text.rfind(',', end - 1)) {
        const auto found = std::ranges::find(classes, without_spaces(text.substr(0, end)));
        if (found != classes.end())
            return {static_cast<std::size_t>(found - classes.begin()),
                    text.substr(std::min(end + 1, text.size()))};
    }
    fail_unknown(without_spaces(text.substr(0, text.find(','))), classes);
}

/// The node with the highest of some numbers of a node [1, C], as [1, 1].
std::size_t highest_of(network::Graph& graph, std::size_t scores, std::span<const std::size_t> classes) {
    std::size_t highest = 0;
    for (const std::size_t c : classes) {
        const auto at = static_cast<std::int64_t>(c);
        const auto one = graph.add("", network::op::Slice{1, at, at + 1}, {scores});
        highest = highest == 0 ? one
                               : graph.add("", network::op::Binary{network::op::Binary::Function::maximum},
                                           {highest, one});
    }
    return highest;
}

/// From a vector to the scores of the labels.
network::Graph head_of(const frontend::Pretrained& pretrained, std::span<const ClassGroup> groups) {
    const auto shape = frontend::embedding_shape(pretrained.settings());
    network::Graph graph(1, shape.dimension);
    if (!pretrained.gives_probabilities())
        graph.then(network::op::Pointwise{network::op::Pointwise::Function::sigmoid});
    const std::size_t scores = graph.last();
    std::vector<std::size_t> labels;
    for (const ClassGroup& group : groups) labels.push_back(highest_of(graph, scores, group.classes));
    if (labels.size() > 1) graph.add("", network::op::Concat{1}, labels);
    graph.then(network::op::Affine{.low = 0, .high = 1});
    graph.mark_logits();
    return graph;
}

}  // namespace

ClassGroup parse_class_group(const std::string& text, std::span<const std::string> classes) {
    const auto equals = text.find('=');
    ClassGroup group{text.substr(0, equals), {}};
    if (equals == std::string::npos || group.label.empty() || equals + 1 == text.size())
        throw UsageError(fmt::format(
            "--group: '{}' should be a label and the classes of it (write \"dog=Dog,Bark\")", text));
    std::string_view left = std::string_view(text).substr(equals + 1);
    while (!left.empty()) {
        const auto [found, rest] = take_class(left, classes);
        group.classes.push_back(found);
        left = rest;
    }
    return group;
}

std::shared_ptr<const Model> tagging_model(const std::string& path,
                                           std::shared_ptr<const frontend::Pretrained> pretrained,
                                           const std::vector<std::string>& classes,
                                           std::span<const ClassGroup> groups, ModelHashes hashes) {
    const auto scores = frontend::embedding_shape(pretrained->settings()).dimension;
    if (static_cast<std::int64_t>(classes.size()) != scores)
        throw Error(
            fmt::format("{}: it gives {} scores, but {} classes have names", path, scores, classes.size()));
    ModelFile file;
    file.frontend = pretrained->settings();
    for (const ClassGroup& group : groups) {
        if (std::ranges::find(file.labels, group.label) != file.labels.end())
            throw UsageError(
                fmt::format("--group: two groups are called '{}' (name all classes in one)", group.label));
        file.labels.push_back(group.label);
    }
    if (groups.empty()) file.labels = classes;
    file.thresholds.assign(file.labels.size(), kThreshold);
    const auto graph = head_of(*pretrained, groups);
    file.graph = graph.json();
    auto scorer = make_scorer(graph, {});
    return std::make_shared<const Model>(path, std::move(file), std::move(scorer), std::move(hashes),
                                         std::move(pretrained));
}

}  // namespace earshot::model
