#include <fmt/format.h>

#include <filesystem>

#include "exchange/model_onnx.h"
#include "model/model_file.h"
#include "network/card.h"
#include "network/graph.h"
#include "network/weights.h"
#include "support/error.h"
#include "tools/options.h"
#include "tools/tool.h"
#include "windows/window_grid.h"

namespace earshot::tools {
namespace {

struct ExportCommand {
    std::string model, output, weights = "float32";
    bool frames = false, describe = false, json = false;
};

std::string described(const ExportCommand& options, const model::ModelFile& model,
                      const network::Graph& graph) {
    windows::Windowing windowing;
    if (!model.window.is_null()) windowing = windows::windowing_from_json(model.window);
    const auto card = network::card_of(graph, windows::windows_per_s(model.frontend, windowing));
    return options.json ? network::card_json(card).dump(2) + "\n" : network::card_text(card);
}

std::string exported(const ExportCommand& options, const model::ModelFile& model,
                     const network::Graph& graph) {
    const auto path = (std::filesystem::path(options.model) / "weights.npz").string();
    const auto weights = network::Weights::read(graph, path);
    return exchange::onnx_model(model, graph, weights,
                                {options.frames, options.weights == "float16", EARSHOT_VERSION});
}

Exit run(const ExportCommand& options, Context& context) {
    if (options.json && !options.describe) throw UsageError("--json is the form of --describe");
    if (options.output.empty() && !options.describe)
        throw UsageError("no output: give -o FILE for the ONNX model, or --describe");
    if (options.output == "-" && options.describe)
        throw UsageError("-o - and --describe both write to standard output");
    if (options.output == "-" && context.out.is_terminal())
        throw UsageError("an ONNX model is binary, and standard output is a terminal (give -o FILE)");
    const auto model = model::read_model_file(options.model);
    const auto graph = model::of_model_json(options.model, [&] { return model::graph_of(model); });
    if (!options.output.empty()) {
        const std::string bytes = exported(options, model, graph);
        if (options.output == "-") {
            context.out.write(bytes);
        } else {
            const auto file = open_text_output(options.output);
            file->write(bytes);
            file->close();
        }
    }
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
    add_output(app, options->output, "File for the ONNX model");
    app.add_flag("--frames", options->frames, "Leave the front end out: frames in, not samples");
    app.add_option("--weights", options->weights, "Type of the weights")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"float32", "float16"}))
        ->capture_default_str();
    app.add_flag("--describe", options->describe, "Print the network's layers, sizes and cost");
    app.add_flag("--json", options->json, "The same as JSON");
    return [options](Context& context) { return run(*options, context); };
}

}  // namespace

const Tool tool{"export",
                "Write a model as ONNX, which programs without earshot can run: sound in, scores out.",
                "Examples:\n"
                "  earshot export model/ -o model.onnx\n"
                "  earshot export model/ -o model.onnx --frames --weights float16\n"
                "  earshot export model/ --describe",
                declare};

}  // namespace earshot::tools
