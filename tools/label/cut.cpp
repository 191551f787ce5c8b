#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "batch/batch.h"
#include "dataset/catalogue.h"
#include "dataset/framing.h"
#include "label/delimited.h"
#include "label/label_text.h"
#include "label/segment_cutter.h"
#include "support/counted.h"
#include "support/error.h"
#include "tools/label/subcommands.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

struct CutOptions {
    std::vector<std::string> inputs;
    std::optional<std::string> labels;
    std::string output;
    std::vector<std::string> only;
    std::string format = "wav";
    int bits = 24;
    bool force = false;
};

/// Name of the manifest, by which labels are found in the directory later.
constexpr const char* kManifest = "labels.csv";

audio::SampleEncoding encoding(const CutOptions& options) {
    if (options.bits == 32 && options.format == "flac") {
        throw UsageError("FLAC holds 16 or 24 bits (for 32-bit floats write --format wav)");
    }
    return options.bits == 16   ? audio::SampleEncoding::pcm16
           : options.bits == 24 ? audio::SampleEncoding::pcm24
                                : audio::SampleEncoding::float32;
}

/// Cuts recordings one after the other and keeps the list of segments.
class Cutting {
 public:
    Cutting(const CutOptions& options, Console& console)
        : options_(options),
          console_(console),
          cutter_({options.output, "." + options.format, encoding(options)}) {}

    void cut(const dataset::CatalogueEntry& recording, std::vector<std::string>& damage) {
        if (!recording.timeline) throw Error(recording.problem);
        auto timeline = *recording.timeline;
        if (!options_.only.empty()) {
            std::erase_if(timeline.events, [&](const label::Event& event) {
                return std::ranges::find(options_.only, event.label) == options_.only.end();
            });
        }
        labels_ += timeline.events.size();
        audio::SourceOptions source_options;
        source_options.channels.kind = audio::ChannelChoice::Kind::all;
        const auto source = audio::open_source(recording.audio, source_options);
        const auto result = cutter_.cut(*source, recording.name, timeline);
        for (const auto& warning : result.warnings)
            console_.warning(fmt::format("{}: {}", recording.audio, warning));
        damage = dataset::damage_texts(*source);
        for (const auto& segment : result.segments) {
            manifest_ +=
                fmt::format("{},{},{},{},{}\n", label::csv_field(segment.file),
                            label::csv_field(segment.label), label::csv_field(recording.audio),
                            label::seconds_text(segment.onset_s), label::seconds_text(segment.offset_s));
        }
        segments_ += result.segments.size();
    }
    /// The list of segments, written last: where it exists, all segments that it names do.
    void write_manifest() const { write_text(options_.output + "/" + kManifest, manifest_); }

    std::size_t segments() const { return segments_; }
    std::size_t labels() const { return labels_; }  // that were to be cut

 private:
    const CutOptions& options_;
    Console& console_;
    label::SegmentCutter cutter_;
    std::string manifest_ = "file,label,source,onset,offset\n";
    std::size_t segments_ = 0, labels_ = 0;
};

void prepare_directory(const CutOptions& options) {
    const auto manifest = fs::path(options.output) / kManifest;
    if (fs::exists(manifest)) {
        if (!options.force) {
            throw Error(fmt::format("{} exists (choose another directory, or --force to overwrite it)",
                                    manifest.string()));
        }
        fs::remove(manifest);  // it would be wrong while segments are replaced
    }
    std::error_code failure;
    fs::create_directories(options.output, failure);
    if (failure)
        throw Error(fmt::format("cannot create directory {}: {}", options.output, failure.message()));
}

/// A label that no recording has is a typing error.
void check_labels(const CutOptions& options, const dataset::Catalogue& catalogue) {
    const auto labels = catalogue.labels();
    for (const auto& wanted : options.only) {
        if (std::ranges::find(labels, wanted) != labels.end()) continue;
        throw UsageError(fmt::format("--only {}: no recording has this label (labels: {})", wanted,
                                     fmt::join(labels, ", ")));
    }
}

Exit run_cut(const CutOptions& options, Context& context) {
    std::ranges::for_each(options.inputs, refuse_terminal);
    Cutting cutting(options, context.console);
    const auto catalogue = dataset::find_recordings(options.inputs, {options.labels, {}});
    for (const auto& warning : catalogue.warnings) context.console.warning(warning);
    check_labels(options, catalogue);
    prepare_directory(options);
    const auto& entries = catalogue.entries;
    batch::Batch batch(batch::names_of(entries, &dataset::CatalogueEntry::audio),
                       {"cut", {}, "what could be decoded was cut"}, context.console);
    batch.run<batch::Nothing>(
        1,
        [&](std::size_t i, int, batch::Outcome<batch::Nothing>& outcome) {
            cutting.cut(entries[i], outcome.damage);
        },
        [](std::size_t, batch::Nothing) {});
    const bool complete = batch.status() == batch::BatchStatus::ok;
    if (cutting.segments() == 0 && (!complete || cutting.labels() > 0)) {
        std::error_code not_empty;
        fs::remove(options.output, not_empty);  // remove it only if it is empty
        if (complete) throw Error("nothing to cut: every label is outside its recording");
        return Exit::failure;
    }
    cutting.write_manifest();
    context.console.note(fmt::format("{} in {}", counted(cutting.segments(), "segment"), options.output));
    return complete ? Exit::ok : Exit::partial;
}

}  // namespace

Runner declare_label_cut(CLI::App& app) {
    auto options = std::make_shared<CutOptions>();
    app.add_option("input", options->inputs,
                   "Recordings, directories of them, @LIST, or - for standard input")
        ->type_name("AUDIO|DIR")
        ->required();
    app.add_option("--labels", options->labels, "Label file for all recordings (default: search beside each)")
        ->type_name("FILE");
    app.add_option("-o,--output", options->output, "Directory for the segments, created if missing")
        ->type_name("DIR")
        ->required();
    app.add_option("--only", options->only, "Cut only these labels")
        ->type_name("LABEL,...")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--format", options->format, "Write wav or flac")
        ->type_name("NAME")
        ->check(CLI::IsMember({"wav", "flac"}))
        ->capture_default_str();
    app.add_option("--bits", options->bits, "16, 24 or, in wav, 32 (floats)")
        ->type_name("N")
        ->check(CLI::IsMember({16, 24, 32}))
        ->capture_default_str();
    add_force(app, options->force);
    return [options](Context& context) { return run_cut(*options, context); };
}

}  // namespace earshot::tools
