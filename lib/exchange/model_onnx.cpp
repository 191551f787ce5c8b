#include "exchange/model_onnx.h"

#include <fmt/format.h>

#include <cmath>

#include "exchange/frontend_nodes.h"
#include "exchange/network_nodes.h"
#include "exchange/onnx_builder.h"
#include "frontend/embedding.h"
#include "frontend/frontend.h"
#include "support/error.h"
#include "windows/window_grid.h"
#include "windows/windowing.h"

namespace earshot::exchange {
namespace {

/// The score of `unknown` after those of the labels: OpenSetScorer.
Value with_unknown(OnnxBuilder& b, const Value& scores, std::span<const double> thresholds) {
    std::vector<float> limits, below, above, offsets;
    for (const double threshold : thresholds) {
        auto limit = static_cast<float>(threshold);  // the least number that reaches the threshold
        if (static_cast<double>(limit) < threshold) limit = std::nextafter(limit, 2.0F);
        limits.push_back(limit);
        below.push_back(threshold > 0 ? static_cast<float>(0.5 / threshold) : 0);
        above.push_back(threshold < 1 ? static_cast<float>(0.5 / (1 - threshold)) : 0);
        offsets.push_back(threshold < 1 ? 0.5F : 1);
    }
    const Shape shape{static_cast<std::int64_t>(thresholds.size())};
    const auto constant = [&](const std::vector<float>& values) { return b.constant(values, shape); };
    const Value limit = constant(limits), known = b.node("GreaterOrEqual", {scores, limit});
    const Value bent = b.node(
        "Where", {known, b.add(b.multiply(b.subtract(scores, limit), constant(above)), constant(offsets)),
                  b.multiply(scores, constant(below))});
    const Value unknown = b.subtract(b.scalar(1), b.node("Max", {b.maximum(bent, {2}), b.scalar(0)}));
    const Value any =
        b.node("Greater", {b.maximum(b.cast(known, ::onnx::TensorProto::FLOAT), {2}), b.scalar(0)});
    // Rounding must not make a window both known and unknown, or neither.
    const Value low = b.scalar(std::nextafter(0.5F, 0.0F)), high = b.scalar(std::nextafter(0.5F, 1.0F));
    const Value clear = b.node("Where", {any, b.node("Min", {unknown, low}), b.node("Max", {unknown, high})});
    return b.concat({scores, clear}, 2);
}

/// What fits of a model is used together.
struct Parts {
    windows::Windowing windowing;
    std::optional<windows::FrameShape> frames;  // nothing if the model does not say
};

Parts parts_of(const model::ModelFile& model, const network::Graph& graph) {
    Parts parts;
    if (!model.window.is_null()) parts.windowing = windows::windowing_from_json(model.window);
    if (!model.frontend.is_null()) parts.frames = windows::shape_of(*frontend::make_frontend(model.frontend));
    const auto known = static_cast<std::int64_t>(model.labels.size()) - (model.unknown.empty() ? 0 : 1);
    if (known != graph.shape().back()) {
        throw Error(
            fmt::format("it knows {} labels, but its network has {} classes", known, graph.shape().back()));
    }
    const bool fits = parts.windowing.frames == graph.frames() &&
                      (!parts.frames || static_cast<std::int64_t>(parts.frames->dimension) == graph.bands());
    if (!fits) {
        throw Error(fmt::format(
            "its network takes windows of {} frames of {} numbers, but its front end makes others",
            graph.frames(), graph.bands()));
    }
    return parts;
}

/// [T, D], from samples.
Value add_frames(OnnxBuilder& b, const model::ModelFile& model, const ExportOptions& options) {
    const Value samples = b.input("samples", {"samples"});
    if (!frontend::is_embedding(model.frontend)) return add_frontend(b, model.frontend, samples);
    if (!options.pretrained || options.pretrained->settings != model.frontend)
        throw Error("the network that makes its frames is another, or missing");
    return add_embedding(b, *options.pretrained, options.weights, samples);
}

using Metadata = std::vector<std::pair<std::string, std::string>>;

Metadata metadata_of(const model::ModelFile& model, const Parts& parts, const ExportOptions& options) {
    Metadata data{{"earshot", options.version},
                  {"recipe", model.recipe},
                  {"target", model::target_name(model.target)},
                  {"labels", nlohmann::ordered_json(model.labels).dump()},
                  {"thresholds", nlohmann::ordered_json(model.thresholds).dump()},
                  {"background", model.background},
                  {"unknown", model.unknown}};
    if (!parts.frames) return data;
    auto grid = windows::make_grid(*parts.frames, parts.windowing);
    // The sound that has one window: all that it sees, context included, but no silence before and after.
    grid.window_s = static_cast<double>(parts.windowing.frames - 1) * parts.frames->hop_s +
                    parts.frames->window_s - 2 * parts.frames->lead_s;
    if (!model.events.empty()) data.emplace_back("events", model::events_json(model).dump());
    const int rate = parts.frames->rate_hz;
    const auto samples = [&](double seconds) { return fmt::format("{}", std::llround(seconds * rate)); };
    const Metadata times{
        {"rate_hz", fmt::format("{}", rate)},     {"window_s", fmt::format("{}", grid.window_s)},
        {"hop_s", fmt::format("{}", grid.hop_s)}, {"window_samples", samples(grid.window_s)},
        {"hop_samples", samples(grid.hop_s)},     {"frontend", model.frontend.dump()}};
    data.insert(data.end(), times.begin(), times.end());
    return data;
}

}  // namespace

std::string onnx_model(const model::ModelFile& model, const network::Graph& graph,
                       const network::Weights& weights, const ExportOptions& options) {
    const Parts parts = parts_of(model, graph);
    if (!options.frames && !parts.frames) {
        throw Error(
            "the model does not know how its frames were computed, since the datasets that it was trained on "
            "do "
            "not say (export it with --frames)");
    }
    OnnxBuilder b;
    Value frames;
    if (options.frames) {
        frames = b.input("frames", {"windows", graph.frames(), graph.bands()});
    } else {
        frames = add_windows(b, add_frames(b, model, options), parts.windowing);
    }
    Value scores = add_network(b, graph, weights, options.weights, frames);
    if (!model.unknown.empty()) {
        scores = with_unknown(b, scores, std::span(model.thresholds).first(model.thresholds.size() - 1));
    }
    b.output(scores, "scores", {"windows", graph.shape()[0], static_cast<std::int64_t>(model.labels.size())});

    ::onnx::ModelProto proto;
    proto.set_ir_version(OnnxBuilder::kIrVersion);
    proto.set_producer_name("earshot");
    proto.set_producer_version(options.version);
    proto.add_opset_import()->set_version(OnnxBuilder::kOpset);
    *proto.mutable_graph() = b.take();
    proto.mutable_graph()->set_name("earshot");
    for (const auto& [key, value] : metadata_of(model, parts, options)) {
        auto& entry = *proto.add_metadata_props();
        entry.set_key(key);
        entry.set_value(value);
    }
    std::string bytes;
    if (!proto.SerializeToString(&bytes)) throw Error("the model is too large for an ONNX file, 2 GiB");
    return bytes;
}

}  // namespace earshot::exchange
