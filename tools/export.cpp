#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "exchange/model_onnx.h"
#include "frontend/embedding.h"
#include "frontend/pretrained.h"
#include "model/model_directory.h"
#include "model/model_file.h"
#include "network/card.h"
#include "network/graph.h"
#include "network/weights.h"
#include "support/error.h"
#include "support/output.h"
#include "tools/options.h"
#include "tools/setting_options.h"
#include "tools/tool.h"
#include "windows/window_grid.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

struct ExportCommand {
    std::string model, output;
    network::Precision weights = network::Precision::float32;
    bool frames = false, force = false, describe = false, json = false;

    /// Whether a model directory is asked for, and not an ONNX file.
    bool to_directory() const {
        std::error_code ignored;
        return output.ends_with('/') || fs::is_directory(output, ignored);
    }
};

std::string described(const ExportCommand& options, const model::ModelFile& model,
                      const network::Graph& graph) {
    windows::Windowing windowing;
    if (!model.window.is_null()) windowing = windows::windowing_from_json(model.window);
    const auto card = network::card_of(graph, windows::windows_per_s(model.frontend, windowing));
    return options.json ? network::card_json(card).dump(2) + "\n" : network::card_text(card);
}

fs::path pretrained_of(const std::string& model) {
    return fs::path(model) / frontend::Pretrained::kFileInModel;
}

network::Weights weights_of(const ExportCommand& options, const network::Graph& graph) {
    return network::Weights::read(graph, (fs::path(options.model) / "weights.npz").string());
}

/// Writes the same model with other weights: what it takes to use it, and nothing that training needs.
void write_directory(const ExportCommand& options, const network::Graph& graph) {
    const auto weights = weights_of(options, graph);
    const auto description = read_text((fs::path(options.model) / "model.json").string());
    model::ModelDirectory directory(options.output, options.force);
    const fs::path place(directory.temporary_path());
    network::save_weights(graph, weights, (place / "weights.npz").string(), options.weights);
    write_text((place / "model.json").string(), description);
    const fs::path pretrained = pretrained_of(options.model);
    if (std::error_code none; fs::exists(pretrained, none))
        write_text((place / pretrained.filename()).string(), read_text(pretrained.string()));
    directory.publish();
}

void write_onnx(const ExportCommand& options, const model::ModelFile& model, const network::Graph& graph,
                Output& out) {
    std::optional<frontend::PretrainedFile> pretrained;
    if (!options.frames && frontend::is_embedding(model.frontend))
        pretrained = frontend::read_pretrained(pretrained_of(options.model).string());
    const std::string bytes = exchange::onnx_model(
        model, graph, weights_of(options, graph),
        {options.frames, options.weights, pretrained ? &*pretrained : nullptr, EARSHOT_VERSION});
    if (options.output == "-") return out.write(bytes);
    const auto file = open_text_output(options.output);
    file->write(bytes);
    file->close();
}

void check(const ExportCommand& options, const Output& out) {
    if (options.json && !options.describe) throw UsageError("--json is the form of --describe");
    if (options.output.empty() && !options.describe)
        throw UsageError("no output: give -o FILE for the ONNX model, or --describe");
    if (options.output == "-" && options.describe)
        throw UsageError("-o - and --describe both write to standard output");
    if (options.output == "-" && out.is_terminal())
        throw UsageError("an ONNX model is binary, and standard output is a terminal (give -o FILE)");
    if (options.frames && options.to_directory()) {
        throw UsageError(fmt::format("--frames is for ONNX, but {} is a directory, for a model of earshot",
                                     options.output));
    }
}

Exit run(const ExportCommand& options, Context& context) {
    check(options, context.out);
    const auto model = model::read_model_file(options.model);
    const auto graph = model::of_model_json(options.model, [&] { return model::graph_of(model); });
    if (options.to_directory())
        write_directory(options, graph);
    else if (!options.output.empty())
        write_onnx(options, model, graph, context.out);
    if (options.describe)
        context.out.write(
            model::of_model_json(options.model, [&] { return described(options, model, graph); }));
    return Exit::ok;
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<ExportCommand>();
    app.add_option("MODEL", options->model, "Model directory, made by earshot train")
        ->required()
        ->type_name("")
        ->configurable(false);
    add_output(app, options->output, "File for the ONNX model; or DIR/ for a model of earshot");
    add_force(app, options->force);
    app.add_flag("--frames", options->frames, "Leave the front end out: frames in, not samples");
    add_settings(
        app,
        {Setting("weights", network::precision_in(options->weights), "TYPE", "Type of the weights").basic()});
    app.add_flag("--describe", options->describe, "Print the network's layers, sizes and cost");
    app.add_flag("--json", options->json, "The same as JSON");
    return [options](Context& context) { return run(*options, context); };
}

}  // namespace

const Tool tool{"export",
                "Write a model as ONNX, which programs without earshot can run, or with smaller weights.",
                "Examples:\n"
                "  earshot export model/ -o model.onnx\n"
                "  earshot export model/ -o model.onnx --frames --weights float16\n"
                "  earshot export model/ -o small.model/ --weights int8\n"
                "  earshot export model/ --describe",
                declare};

}  // namespace earshot::tools
