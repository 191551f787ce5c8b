#include "tools/detect/open_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "dataset/content_hash.h"
#include "exchange/read_network.h"
#include "frontend/embedding.h"
#include "label/class_map.h"
#include "model/tagging.h"
#include "network/ears.h"
#include "support/error.h"
#include "support/output.h"
#include "tools/foreign_embedding.h"
#include "tools/known_networks.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using frontend::Pretrained;

/// So that the first answer of the ears is about the first half second.
constexpr double kClassPad_s = 0.78;
constexpr std::size_t kMaxMapBytes = std::size_t{1} << 24;

/// The network with its first result as vectors, which are the scores of its classes.
std::shared_ptr<const Pretrained> open_network(const std::string& path) {
    if (path.ends_with(Pretrained::kExtension)) return Pretrained::open(path);
    const auto sizes = exchange::read_sizes(path);
    const auto known = find_known_network(sizes.frames, sizes.bands, sizes.classes);
    if (!known)
        throw UsageError(fmt::format(
            "{}: earshot does not know this network of {} frames of {} values (make a .ears file of it with "
            "earshot datagen --pretrained, and give that)",
            path, sizes.frames, sizes.bands));
    const auto network =
        exchange::read_network(path, {.result = {}, .scale = known->scale, .offset = known->offset});
    const auto& usual = known->vectors.front();
    const auto settings = embedding_settings(path, network,
                                             {.name = known->name,
                                              .hop = window_hop(network.graph, usual.hop),
                                              .pad_s = 0,
                                              .input = known->input});
    return std::make_shared<const Pretrained>(settings, network.graph, network.weights);
}

/// earshot's own ears with the layer that tells classes.
std::shared_ptr<const Pretrained> open_own_classes(const std::string& path) {
    const auto file = frontend::read_pretrained(path);
    auto settings = file.settings;
    settings["network"] = "own-classes";
    settings["result"] = "classes";
    settings["frames"] = network::kEarsClassFrames;
    settings["hop"] = network::kEarsClassHop * network::kEarsHop;
    settings["dimension"] = network::kEarsClasses;
    settings["pad_s"] = kClassPad_s;
    const auto graph = network::ears_graph(network::kEarsClassFrames, network::EarsPart::classes);
    return std::make_shared<const Pretrained>(settings, graph, file.weights);
}

std::vector<std::string> read_class_map(const std::string& path) {
    return label::parse_class_map(read_text(path, kMaxMapBytes), path);
}

/// The file beside the network whose name says that it has the names of classes, and that has as many.
std::string find_class_map(const std::string& network, std::size_t classes) {
    std::vector<std::string> found;
    const fs::path parent = fs::path(network).parent_path();
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(parent.empty() ? fs::path(".") : parent, none)) {
        std::string name = entry.path().filename().string();
        std::ranges::transform(name, name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (!name.ends_with("class_map.csv") && !name.ends_with("labels.txt")) continue;
        const std::string path = (parent / entry.path().filename()).string();
        try {
            if (read_class_map(path).size() == classes) found.push_back(path);
        } catch (const Error&) {  // it is something else
        }
    }
    if (found.size() == 1) return found.front();
    std::ranges::sort(found);
    throw UsageError(
        found.empty()
            ? fmt::format(
                  "{}: no *class_map.csv or *labels.txt with {} names is beside it (give --tags FILE)",
                  network, classes)
            : fmt::format("{}: both {} and {} may name its classes (give --tags FILE)", network, found[0],
                          found[1]));
}

std::shared_ptr<const model::Model> open_tagging(const TagOptions& options) {
    const bool own = options.network == "own";
    const std::string path = own ? own_ears() : options.network;
    const auto network = own ? open_own_classes(path) : open_network(path);
    const auto classes = static_cast<std::size_t>(frontend::embedding_shape(network->settings()).dimension);
    const std::string map = options.class_map.empty() ? find_class_map(path, classes) : options.class_map;
    const auto names = read_class_map(map);
    if (names.size() != classes)
        throw UsageError(fmt::format("{}: it names {} classes, but {} has {}", map, names.size(),
                                     options.network, classes));
    std::vector<model::ClassGroup> groups;
    for (const std::string& group : options.groups) groups.push_back(model::parse_class_group(group, names));
    const std::string said = fmt::format("{}\n{}", fmt::join(names, "\n"), fmt::join(options.groups, "\n"));
    return model::tagging_model(path, network, names, groups,
                                {dataset::content_hash(said), dataset::file_hash(path)});
}

}  // namespace

std::shared_ptr<const model::Model> open_model(const DetectOptions& options, model::Model::Use use) {
    return options.tags.network.empty() ? model::Model::open(options.model, use) : open_tagging(options.tags);
}

}  // namespace earshot::tools
