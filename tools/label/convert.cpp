#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "audio/length.h"
#include "audio/source.h"
#include "label/label_file.h"
#include "label/waveform_writer.h"
#include "support/counted.h"
#include "support/error.h"
#include "tools/label/subcommands.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

struct ConvertOptions {
    std::string input;
    std::string output = "-";
    std::string from, to;  // format names, empty if not given
    std::string audio;     // a recording or a directory of them
    std::string name;
    std::string gap_label = "background";
};

label::LabelFormat output_format(const ConvertOptions& options) {
    if (!options.to.empty()) return label::parse_label_format(options.to);
    if (const auto format = label::label_format_of_name(options.output)) return *format;
    throw UsageError(fmt::format("{}: cannot tell the format from this name (give --to FORMAT)",
                                 options.output == "-" ? "standard output" : options.output));
}

bool has_offset(const label::Event& event) { return std::isfinite(event.offset_s); }

/// Ends open events at the end of their recording, where that is available.
void close_open_events(label::Labels& labels, const std::vector<std::string>& audio, Console& console) {
    for (const auto& file : audio) {
        auto* timeline = labels.find(file);
        if (!timeline || std::ranges::all_of(timeline->events, has_offset)) continue;
        const auto length = audio::measure_length(file);
        for (const auto& damage : length.damage) {
            console.warning(fmt::format("{}: at {:.3f} s: {}", file, damage.position_s, damage.what));
        }
        if (const int late = timeline->clip(length.seconds); late > 0) {
            console.warning(fmt::format("{}: {} cut at the end of the recording, {:.3f} s", file,
                                        counted(static_cast<std::size_t>(late), "event"), length.seconds));
        }
    }
}

void write_with_samples(const label::Labels& labels, const ConvertOptions& options, Output& out) {
    if (options.audio.empty()) {
        throw UsageError(
            "waveform-json contains the samples of the events (give the recording with --audio)");
    }
    if (labels.recordings.size() != 1) {
        throw Error(fmt::format("{}: labels of {} recordings, but waveform-json describes one", options.input,
                                labels.recordings.size()));
    }
    const auto source = audio::open_source(options.audio, {});
    label::write_waveform_json(labels.recordings.begin()->second, *source, out);
}

Exit run_convert(const ConvertOptions& options, Context& context) {
    refuse_terminal(options.input);
    const auto to = output_format(options);
    const auto from =
        options.from.empty() ? std::nullopt : std::optional(label::parse_label_format(options.from));
    auto labels = label::read_labels(options.input, from);
    for (const auto& warning : labels.warnings) context.console.warning(warning);

    const auto audio =
        options.audio.empty() ? std::vector<std::string>{} : audio::expand_inputs({&options.audio, 1});
    const bool names_itself =
        options.name.empty() && options.audio != "-" && audio.size() == 1 && audio.front() == options.audio;
    const auto name = names_itself ? std::filesystem::path(options.audio).filename().string() : options.name;

    const auto file = options.output == "-" ? nullptr : open_text_output(options.output);
    Output& out = file ? *file : context.out;
    if (to == label::LabelFormat::waveform_json) {
        write_with_samples(labels, options, out);
    } else {
        // A CSV has no times, and in labels.json the last segment is open-ended anyway.
        const bool needs_ends = to != label::LabelFormat::csv && to != label::LabelFormat::labels_json;
        if (needs_ends) close_open_events(labels, audio, context.console);
        try {
            label::write_labels(labels, to, out, {options.gap_label, name});
        } catch (const Error& error) {
            throw Error(fmt::format("{}: {}", options.input, error.what()));
        }
    }
    if (file) file->close();
    return Exit::ok;
}

}  // namespace

Runner declare_label_convert(CLI::App& app) {
    auto options = std::make_shared<ConvertOptions>();
    app.add_option("input", options->input, "Label file, or - for standard input")
        ->type_name("IN")
        ->required();
    add_output(app, options->output, "Label file to write (default: standard output)");
    app.add_option("--to", options->to, "Format to write (default: from OUT's name)")->type_name("FORMAT");
    app.add_option("--from", options->from, "Format of IN (default: from its content)")->type_name("FORMAT");
    app.add_option("--audio", options->audio,
                   "Recording, or directory of them, for labels of IN without an end")
        ->type_name("PATH");
    app.add_option("--name", options->name, "Name of the recording, for formats that contain it");
    app.add_option("--gap-label", options->gap_label, "Label for unlabelled time in labels-json")
        ->type_name("TEXT")
        ->capture_default_str();
    return [options](Context& context) { return run_convert(*options, context); };
}

}  // namespace earshot::tools
