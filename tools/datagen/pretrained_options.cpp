#include "tools/datagen/pretrained_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "exchange/read_network.h"
#include "frontend/embedding.h"
#include "network/ears.h"
#include "network/time_stride.h"
#include "support/error.h"
#include "support/output.h"
#include "tools/foreign_embedding.h"
#include "tools/help.h"
#include "tools/known_networks.h"
#include "tools/options.h"
#include "tools/setting_options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using frontend::Pretrained;

const std::map<std::string, network::EarsPart> kEarsParts{{"sounds", network::EarsPart::sounds},
                                                          {"words", network::EarsPart::words}};

/// A name for a network, from that of its file.
std::string name_for(const std::string& path) {
    std::string name = fs::path(path).stem().string().substr(0, 48);
    const auto plain = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    };
    std::ranges::replace_if(
        name, [&](unsigned char c) { return !plain(c); }, '_');
    return name.empty() || name[0] == '.' ? "network" + name : name;
}

/// How the vectors of a network that nobody knows come about, and of one that is known.
KnownNetwork::Vector choose_vector(const PretrainedOptions& options, const std::optional<KnownNetwork>& known,
                                   std::int64_t frames) {
    if (!known) return {.name = {}, .result = options.vector, .hop = frames};
    const auto& vectors = known->vectors;
    const auto found = std::ranges::find(vectors, options.vector, &KnownNetwork::Vector::name);
    if (options.vector.empty() || found == vectors.end()) {
        auto usual = vectors.front();
        if (!options.vector.empty()) usual.result = options.vector;
        return usual;
    }
    return *found;
}

/// Settings of the front end that makes what the network takes.
Json input_settings(const PretrainedOptions& options, const FrontendOptions& frontend,
                    const std::optional<KnownNetwork>& known, const exchange::ForeignSizes& sizes) {
    const bool given =
        frontend.kind != FrontendOptions().kind || !frontend.named.empty() || !frontend.others.empty();
    if (!given && !known) {
        throw UsageError(fmt::format(
            "{}: earshot does not know this network of {} frames of {} values (say how its frames are made: "
            "--front-end logmel --bins {} ...)",
            options.file, sizes.frames, sizes.bands, sizes.bands));
    }
    const Json settings = given ? frontend_settings(frontend) : known->input;
    try {
        const auto input = frontend::make_frontend(settings);
        if (static_cast<std::int64_t>(input->dimension()) != sizes.bands) {
            throw Error(fmt::format("{}: it takes frames of {} values, but the front end makes {}",
                                    options.file, sizes.bands, input->dimension()));
        }
        return input->settings();
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
}

/// From one window to the next, in frames.
std::int64_t hop_of(const PretrainedOptions& options, std::int64_t usual, const network::Graph& graph,
                    double input_hop_s) {
    const std::int64_t steps = graph.shape()[0];
    const auto stride = steps > 1 ? network::time_stride(graph) : std::nullopt;
    if (stride && steps * *stride > graph.frames())
        throw UsageError(fmt::format(
            "{}: {} vectors a window, {} frames apart, are more than its {} frames have room for (choose "
            "another --vector)",
            options.file, steps, *stride, graph.frames()));
    if (!options.hop_s) return window_hop(graph, usual);
    const auto hop = std::max<std::int64_t>(1, std::llround(*options.hop_s / input_hop_s));
    if (stride && hop != *stride)
        throw UsageError(fmt::format(
            "--vector-hop {:g}s: the {} vectors of a window are {:g} s apart, and so must be those of the "
            "next (leave it out)",
            *options.hop_s, steps, static_cast<double>(*stride) * input_hop_s));
    return hop * steps;
}

}  // namespace

void add_pretrained(CLI::App& app, PretrainedOptions& options) {
    app.add_option("--pretrained", options.file,
                   "Frames are the vectors of a network from a file (ONNX, TFLite, .ears)")
        ->type_name("FILE");
    app.add_option("--vector", options.vector, "Which of its values, by name (earshot-pretrained(7))")
        ->type_name("NAME")
        ->group(kMoreOptions);
    add_time(app, "--vector-hop", options.hop_s, "From one vector to the next")->group(kMoreOptions);
    add_settings(app, {Setting("weights", network::precision_in(options.weights), "TYPE",
                               "Type of the network's weights, which are written beside the dataset")});
}

PretrainedSource::PretrainedSource(const PretrainedOptions& options, const FrontendOptions& frontend)
    : path_(options.file == "own" ? own_ears() : options.file) {
    if (path_.ends_with(Pretrained::kExtension))
        read_ears(options, frontend);
    else
        read_foreign(options, frontend);
}

void PretrainedSource::read_ears(const PretrainedOptions& options, const FrontendOptions& frontend) {
    if (options.hop_s || options.weights != PretrainedOptions().weights ||
        frontend.kind != FrontendOptions().kind || !frontend.named.empty() || !frontend.others.empty())
        throw UsageError(fmt::format(
            "{} says itself how its vectors are made (leave out --vector-hop, --weights and options of front "
            "ends)",
            path_));
    if (options.vector.empty()) {
        pretrained_ = Pretrained::open(path_);
        settings_ = pretrained_->settings();
        return;
    }
    auto file = frontend::read_pretrained(path_);
    const auto found = kEarsParts.find(options.vector);
    if (found == kEarsParts.end() || file.graph.json() != network::ears_graph(file.graph.frames()).json())
        throw UsageError(
            fmt::format("--vector {}: earshot's own ears have sounds and words, other .ears files have one "
                        "kind of vector (leave it out)",
                        options.vector));
    graph_ = network::ears_graph(file.graph.frames(), found->second);
    weights_ = std::move(file.weights);
    settings_ = std::move(file.settings);
    settings_["network"] = fmt::format("{}-{}", settings_.at("network").get<std::string>(), found->first);
    settings_["result"] = found->first;
    settings_["dimension"] = graph_->shape().back();
    pretrained_ = std::make_shared<const Pretrained>(settings_, *graph_, weights_);
}

void PretrainedSource::read_foreign(const PretrainedOptions& options, const FrontendOptions& frontend) {
    const auto sizes = exchange::read_sizes(path_);
    const auto known = find_known_network(sizes.frames, sizes.bands, sizes.classes);
    const Json input = input_settings(options, frontend, known, sizes);
    const auto vector = choose_vector(options, known, sizes.frames);
    exchange::ReadOptions reading{.result = vector.result};
    if (known) {
        reading.scale = known->scale;
        reading.offset = known->offset;
    }
    auto network = exchange::read_network(path_, reading);
    const double input_hop_s = frontend::make_frontend(input)->hop_s();
    settings_ = embedding_settings(path_, network,
                                   {.name = known ? known->name : name_for(path_),
                                    .hop = hop_of(options, vector.hop, network.graph, input_hop_s),
                                    .pad_s = vector.pad_s,
                                    .weights = options.weights,
                                    .input = input});
    // As they come back from the file.
    pretrained_ = std::make_shared<const Pretrained>(
        settings_, network.graph, network::rounded(network.graph, network.weights, options.weights));
    graph_ = std::move(network.graph);
    weights_ = std::move(network.weights);
}

void PretrainedSource::write(const std::string& directory) const {
    const std::string name = settings_.at("network").get<std::string>() + Pretrained::kExtension;
    const std::string path = (fs::path(directory) / name).string();
    std::error_code none;
    if (fs::exists(path, none)) {
        try {
            if (Pretrained::open(path)->settings() == settings_) return;
        } catch (const Error&) {  // damaged, or of another version: replaced
        }
    }
    if (graph_)
        frontend::save_pretrained(path, settings_, *graph_, weights_);
    else
        write_text(path, read_text(path_));
}

}  // namespace earshot::tools
