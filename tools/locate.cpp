#include "scene/scene_file.h"
#include "support/error.h"
#include "tools/locate/locate_run.h"
#include "tools/options.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

Exit run(const LocateOptions& options, Context& context) {
    if (!options.views.any()) {
        if (!options.views.label.empty() || options.views.json)
            throw UsageError("--label and --json need --summary, --heatmap or --recent");
        return LocateRun(options, context)();
    }
    if (options.scene.empty()) throw UsageError("--summary, --heatmap and --recent need --scene FILE");
    if (!options.inputs.empty() || !options.events.empty())
        throw UsageError(
            "--summary, --heatmap and --recent only show the scene (leave out recordings and --events)");
    show_scene(scene::read_scene(options.scene), options.views, context.out);
    return Exit::ok;
}

CLI::Option* add_metres(CLI::App& app, const std::string& name, double& metres, const std::string& what) {
    return app.add_option(name, metres, what)
        ->type_name("M")
        ->check(CLI::Range(0.01, 1000.0))
        ->capture_default_str();
}

void declare_scene(CLI::App& app, LocateOptions& options) {
    app.add_option("--scene", options.scene, "Learn where and when sounds are usual; flag unusual ones")
        ->type_name("FILE");
    add_time(app, "--half-life", options.scene_settings.half_life_s,
             "Time after which observations count half")
        ->type_name("TIME");
    app.add_option("--bins", options.scene_settings.bins, "Number of direction bins in a new scene")
        ->type_name("N")
        ->check(CLI::Range(1, 72))
        ->capture_default_str();
    const auto flag = [&app](const char* name, bool& value, const char* what) {
        app.add_flag(name, value, what)->configurable(false);
    };
    flag("--summary", options.views.summary, "Only show what the scene has learnt about each label");
    flag("--heatmap", options.views.heatmap, "Only show its directions and hours");
    add_time(app, "--recent", options.views.recent_s, "Only show its events of the last TIME")
        ->type_name("TIME")
        ->configurable(false);
    app.add_option("--label", options.views.label, "Show only this label")
        ->type_name("LABEL")
        ->configurable(false);
    flag("--json", options.views.json, "Show it as JSON");
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<LocateOptions>();
    app.add_option("INPUT", options->inputs, "Files, directories, @lists, URLs or - (stdin)")
        ->type_name("...")
        ->configurable(false);
    app.add_option("--array", options->array, "Microphone array: a name, or a file of positions")
        ->type_name("NAME|FILE");
    app.add_option("--events", options->events, "Locate these events (jsonl; - is stdin)")
        ->type_name("FILE")
        ->configurable(false);
    app.add_option("--device", options->device, "Listen live: default, pulse:NAME, alsa:NAME, a URL, ...")
        ->type_name("DEVICE");
    app.add_option("--save-audio", options->save_audio, "Save each event as WAV, beamformed in its direction")
        ->type_name("DIR")
        ->configurable(false);
    app.add_option("--beam", options->beam, "Beamformer for these: das (delay and sum) or mvdr")
        ->type_name("BEAM")
        ->check(CLI::IsMember({"das", "mvdr"}))
        ->capture_default_str();
    add_output(app, options->output, "File for the positions (default: stdout)");
    app.add_option("--method", options->method,
                   "Method: gcc (time differences), srp (steered power) or music")
        ->type_name("METHOD")
        ->check(CLI::IsMember({"gcc", "srp", "music"}))
        ->capture_default_str();
    app.add_option("--rate", options->updates_hz, "Positions per second")
        ->type_name("HZ")
        ->check(CLI::Range(0.1, 50.0))
        ->capture_default_str();
    app.add_option("--max-sources", options->finder.max_sources, "Maximum number of simultaneous sounds")
        ->type_name("N")
        ->check(CLI::Range(1, 8))
        ->capture_default_str();
    app.add_flag("--elevation", options->finder.elevation, "Also estimate elevation");
    app.add_option("--temperature", options->temperature_c,
                   "Of the air, Celsius (default: from the array file, else 20)")
        ->type_name("C")
        ->check(CLI::Range(-60.0, 60.0));
    add_metres(app, "--near", options->zones.near_m, "Call distances below this near");
    add_metres(app, "--far", options->zones.far_m, "Call distances above this far");
    app.add_option("--center", options->zones.center_deg, "Call angles within this of front or back center")
        ->type_name("DEG")
        ->check(CLI::Range(0.0, 90.0))
        ->capture_default_str();
    add_source_span(app, options->source);
    add_unbuffered(app, options->unbuffered);
    declare_scene(app, *options);
    return [options](Context& context) { return run(*options, context); };
}

}  // namespace

const Tool tool{"locate", "Estimate where sounds come from.",
                "Examples:\n"
                "  earshot locate --array head-175mm evening.wav --events events.jsonl",
                declare};

}  // namespace earshot::tools
