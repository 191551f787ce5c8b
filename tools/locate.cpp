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
            throw UsageError("--label and --json go with --summary, --heatmap or --recent");
        return LocateRun(options, context)();
    }
    if (options.scene.empty())
        throw UsageError("--summary, --heatmap and --recent show a --scene (give its file)");
    if (!options.inputs.empty() || !options.events.empty())
        throw UsageError(
            "--summary, --heatmap and --recent show a scene as it is, and take no recording or events");
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
    app.add_option("--scene", options.scene, "Learn where and when sounds are usual; mark what is not")
        ->type_name("FILE");
    add_time(app, "--half-life", options.scene_settings.half_life_s,
             "After which what was learned counts half")
        ->type_name("TIME");
    app.add_option("--bins", options.scene_settings.bins, "Directions that a new scene counts")
        ->type_name("N")
        ->check(CLI::Range(1, 72))
        ->capture_default_str();
    const auto flag = [&app](const char* name, bool& value, const char* what) {
        app.add_flag(name, value, what)->configurable(false);
    };
    flag("--summary", options.views.summary, "Only show what the scene knows of each label");
    flag("--heatmap", options.views.heatmap, "Only show its directions and hours");
    add_time(app, "--recent", options.views.recent_s, "Only show its events since so long ago")
        ->type_name("TIME")
        ->configurable(false);
    app.add_option("--label", options.views.label, "Show this label only")
        ->type_name("LABEL")
        ->configurable(false);
    flag("--json", options.views.json, "Show it as JSON");
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<LocateOptions>();
    app.add_option("INPUT", options->inputs, "Files, directories, @lists, URLs or - (stdin)")
        ->type_name("...")
        ->configurable(false);
    app.add_option("--array", options->array, "Where the microphones are: a name, or a file")
        ->type_name("NAME|FILE");
    app.add_option("--events", options->events, "Say where these events come from (jsonl; - is stdin)")
        ->type_name("FILE")
        ->configurable(false);
    app.add_option("--device", options->device, "Listen live: default, pulse:NAME, alsa:NAME, a URL, ...")
        ->type_name("DEVICE");
    app.add_option("--save-audio", options->save_audio, "Save each event, heard in its direction, as WAV")
        ->type_name("DIR")
        ->configurable(false);
    app.add_option("--beam", options->beam, "How it is heard: das (delay and sum) or mvdr")
        ->type_name("BEAM")
        ->check(CLI::IsMember({"das", "mvdr"}))
        ->capture_default_str();
    add_output(app, options->output, "File for the positions (default: stdout)");
    app.add_option("--method", options->method, "gcc (time differences), srp (steered power) or music")
        ->type_name("METHOD")
        ->check(CLI::IsMember({"gcc", "srp", "music"}))
        ->capture_default_str();
    app.add_option("--rate", options->updates_hz, "Positions a second")
        ->type_name("HZ")
        ->check(CLI::Range(0.1, 50.0))
        ->capture_default_str();
    app.add_option("--max-sources", options->finder.max_sources, "Sounds to tell apart at a time")
        ->type_name("N")
        ->check(CLI::Range(1, 8))
        ->capture_default_str();
    app.add_flag("--elevation", options->finder.elevation, "Also look above and below");
    app.add_option("--temperature", options->temperature_c,
                   "Of the air, Celsius (default: as the array file says, else 20)")
        ->type_name("C")
        ->check(CLI::Range(-60.0, 60.0));
    add_metres(app, "--near", options->zones.near_m, "Closer than this is near");
    add_metres(app, "--far", options->zones.far_m, "Farther than this is far");
    app.add_option("--center", options->zones.center_deg, "This close to straight ahead or behind is center")
        ->type_name("DEG")
        ->check(CLI::Range(0.0, 90.0))
        ->capture_default_str();
    add_source_span(app, options->source);
    add_unbuffered(app, options->unbuffered);
    declare_scene(app, *options);
    return [options](Context& context) { return run(*options, context); };
}

}  // namespace

const Tool tool{"locate", "Say where sounds come from.",
                "Examples:\n"
                "  earshot locate --array head-175mm evening.wav --events events.jsonl",
                declare};

}  // namespace earshot::tools
