#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include "audio/source.h"
#include "batch/batch.h"
#include "batch/shard.h"
#include "dataset/catalogue.h"
#include "dataset/content_hash.h"
#include "dataset/dataset_builder.h"
#include "support/error.h"
#include "tools/batch_status.h"
#include "tools/datagen/frontend_options.h"
#include "tools/datagen/pretrained_options.h"
#include "tools/help.h"
#include "tools/options.h"
#include "tools/shard_option.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::vector<std::string> paths;  // AUDIO... [DATASET_DIR]
    std::string output;              // instead of DATASET_DIR
    std::string labels, group, background, unlabelled = "drop", recipe;
    FrontendOptions frontend;
    PretrainedOptions pretrained;
    audio::SourceOptions source;
    std::string dtype = "float32";
    batch::Shard shard;
    int jobs = 0;
    bool force = false, store = false, skip_bad = false;
};

/// Where dataset files go: a directory, one file, or standard output.
struct Destination {
    std::string path;
    bool single = false;  // a file or standard output

    std::string file(const dataset::CatalogueEntry& entry) const {
        return single ? path : (fs::path(path) / (entry.name + ".npz")).string();
    }
};

/// Sizes of recordings in MB, for the progress line; 0 for what is not a file.
std::vector<double> megabytes(const std::vector<dataset::CatalogueEntry>& entries) {
    std::vector<double> sizes;
    for (const auto& entry : entries) {
        std::error_code unknown;
        const auto bytes = fs::file_size(entry.audio, unknown);
        sizes.push_back(unknown ? 0 : static_cast<double>(bytes) / 1e6);
    }
    return sizes;
}

Destination take_destination(Options& options, const Output& out) {
    if (options.output.empty()) {
        if (options.paths.size() < 2) {
            throw UsageError("no output given (name DATASET_DIR as the last argument, or give -o)");
        }
        options.output = options.paths.back();
        options.paths.pop_back();
        if (fs::is_regular_file(options.output)) {
            throw UsageError(fmt::format(
                "{} is a file, but the last argument must be DATASET_DIR (for one file give -o OUT.npz)",
                options.output));
        }
    }
    const bool standard = options.output == "-";
    if (standard && out.is_terminal()) {
        throw UsageError("will not write a binary dataset to a terminal (add > FILE.npz)");
    }
    return {options.output, standard || options.output.ends_with(".npz")};
}

/// What the library refuses in values of options is a usage error.
std::unique_ptr<frontend::Frontend> frontend_of(const Options& options, const PretrainedSource* source) try {
    if (source != nullptr)
        return frontend::make_frontend(source->pretrained()->settings(), source->pretrained());
    return frontend::make_frontend(frontend_settings(options.frontend));
} catch (const Error& error) {
    throw UsageError(error.what());
}

/// Settings from the options.
dataset::BuildSettings build_settings(const Options& options, const frontend::Frontend& frontend) try {
    dataset::BuildSettings settings;
    settings.frontend = frontend.settings();
    settings.source = options.source;
    settings.source.rate_hz = frontend.rate_hz();
    settings.recipe = options.recipe;
    settings.keep_unlabelled = options.unlabelled == "keep";
    if (!options.background.empty()) settings.background = options.background;
    settings.compress = !options.store;
    if (options.dtype == "float16") settings.type = dataset::FrameType::float16;
    return settings;
} catch (const Error& error) {
    throw UsageError(error.what());
}

/// All recordings; those that cannot be labelled say why.
dataset::Catalogue catalogue_of(const Options& options, const Destination& destination, Console& console) {
    dataset::CatalogueOptions wanted;
    if (!options.labels.empty()) wanted.labels = options.labels;
    if (!options.group.empty()) wanted.group_column = options.group;
    wanted.waveforms = true;
    wanted.skip_bad = options.skip_bad;
    auto catalogue = dataset::find_recordings(options.paths, wanted);
    for (const auto& warning : catalogue.warnings) console.warning(warning);
    if (destination.single && options.shard.count > 1)
        throw UsageError("--shard cannot write to one file (give a directory to -o)");
    if (destination.single && catalogue.entries.size() != 1) {
        throw UsageError(fmt::format("cannot write {} recordings to one file (give a directory to -o)",
                                     catalogue.entries.size()));
    }
    return catalogue;
}

void make_directory(const std::string& path) {
    std::error_code failure;
    fs::create_directories(path, failure);
    if (failure) throw Error(fmt::format("cannot create the directory {}: {}", path, failure.message()));
}

/// One run: the options, the recordings that they lead to, and what came of these so far.
class Run {
 public:
    Run(const Options& options, Context& context)
        : options_(options),
          context_(context),
          destination_(take_destination(options_, context.out)),
          jobs_(effective_jobs(options.jobs)),
          frontends_(static_cast<std::size_t>(jobs_)) {
        if (!options.pretrained.file.empty()) pretrained_.emplace(options.pretrained, options.frontend);
        frontends_[0] = frontend_of(options_, pretrained_ ? &*pretrained_ : nullptr);
        settings_ = build_settings(options_, *frontends_[0]);
        if (pretrained_) settings_.pretrained = pretrained_->pretrained();
        auto catalogue = catalogue_of(options_, destination_, context.console);
        choose_classes(catalogue.labels());
        for (const auto& entry : catalogue.entries) files_.insert(destination_.file(entry));
        entries_ = options.shard.count == 1 ? std::move(catalogue.entries)
                                            : batch::part_of(catalogue.entries, options.shard);
        // One recording occupies two processors when it is decoded ahead of its analysis.
        settings_.source.ahead = 2 * entries_.size() <= static_cast<std::size_t>(jobs_);
        builder_.emplace(settings_);
    }

    Exit operator()() {
        const bool anything = !std::ranges::all_of(entries_, &dataset::CatalogueEntry::missing);
        if (!destination_.single && anything) make_directory(destination_.path);
        if (pretrained_ && anything) keep_network();
        batch::Batch batch(batch::names_of(entries_, &dataset::CatalogueEntry::audio),
                           {"datagen, MB", megabytes(entries_), "what could be decoded was used"},
                           context_.console);
        batch.run<dataset::BuildReport>(
            static_cast<std::size_t>(jobs_),
            [&](std::size_t i, int worker, batch::Outcome<dataset::BuildReport>& outcome) {
                outcome.result = make(entries_[i], frontend_for(worker),
                                      [&](double fraction) { batch.progress(i, fraction); });
                outcome.damage = outcome.result.damage;
            },
            [&](std::size_t i, const dataset::BuildReport& report) { account(entries_[i], report); });
        summarise(batch.failed());
        if (batch.status() != batch::BatchStatus::failure) {
            if (batch.failed() > 0) warn_of_empty_classes();
            if (!destination_.single && !entries_.empty()) warn_of_others();
        }
        return exit_of(batch.finish());
    }

 private:
    /// Puts the network beside the dataset files, where train looks for it.
    void keep_network() const {
        if (destination_.path == "-") return;
        const auto parent = fs::path(destination_.path).parent_path().string();
        pretrained_->write(!destination_.single ? destination_.path : parent.empty() ? "." : parent);
    }

    /// Of all recordings, those of other parts included, so that class numbers are the same in all files.
    void choose_classes(std::vector<std::string> found) {
        auto& labels = settings_.labels;
        labels = std::move(found);
        if (!settings_.background) return;
        const auto place = std::ranges::lower_bound(labels, *settings_.background);
        if (place == labels.end() || *place != *settings_.background)
            labels.insert(place, *settings_.background);
    }

    frontend::Frontend& frontend_for(int worker) {
        auto& frontend = frontends_[static_cast<std::size_t>(worker)];
        if (!frontend) frontend = builder_->frontend();
        return *frontend;
    }

    dataset::BuildReport make(const dataset::CatalogueEntry& entry, frontend::Frontend& frontend,
                              const std::function<void(double)>& progress) {
        if (!entry.timeline && (entry.labels_unusable || !settings_.keep_unlabelled)) {
            throw Error(fmt::format("{}: {}", entry.audio, entry.problem));
        }
        const auto file = destination_.file(entry);
        const bool has_content = fs::is_regular_file(entry.audio);  // rather than standard input or a URL
        std::optional<std::string> identity;
        if (has_content) identity = builder_->identity(entry, dataset::file_hash(entry.audio));
        if (file != "-" && !options_.force) {
            if (identity) {
                if (auto report = unchanged(file, *identity)) return *report;
            }
            refuse_another_recording(entry, file);
        }
        if (file == "-") return builder_->build(entry, frontend, identity, context_.out, progress);
        const auto out = open_output(file);
        auto report = builder_->build(entry, frontend, identity, *out, progress);
        out->close();
        return report;
    }

    /// The report of a dataset file that was made from the same sound, labels and settings, if it can be
    /// read.
    std::optional<dataset::BuildReport> unchanged(const std::string& file,
                                                  const std::string& identity) const {
        if (dataset::read_content_hash(file) != identity) return {};
        try {
            auto report = dataset::report_of(file);
            report.class_frames.resize(settings_.labels.size());
            return report;
        } catch (const Error&) {
            return {};  // damaged: it is redone
        }
    }

    /// Recordings of two archives may have the same name, and -o may be mistyped: neither must overwrite a
    /// dataset file that was made from another recording.
    static void refuse_another_recording(const dataset::CatalogueEntry& entry, const std::string& file) {
        std::string there;
        try {
            there = dataset::read_recording_summary(file).file;
        } catch (const Error&) {
            return;  // there is no file, or no usable one
        }
        if (there == entry.audio || (entry.audio == "-" && there == "stdin")) return;
        throw Error(fmt::format("{}: {} was made from {} (choose another output, or replace it with --force)",
                                entry.audio, file, there == file ? "something else" : there));
    }

    void account(const dataset::CatalogueEntry& entry, const dataset::BuildReport& report) {
        frames_.resize(settings_.labels.size());
        for (std::size_t c = 0; c < frames_.size(); ++c) frames_[c] += report.class_frames[c];
        unlabelled_ += report.unlabelled_frames;
        unchanged_ += report.unchanged;
        if (report.events_past_end > 0) {
            context_.console.warning(
                fmt::format("{}: {} of its labels extend past its end", entry.audio, report.events_past_end));
        }
    }

    void summarise(std::size_t failed) const {
        const auto total = std::accumulate(frames_.begin(), frames_.end(), unlabelled_);
        if (total == 0) return;
        std::size_t width = 5;
        for (const auto& label : settings_.labels) width = std::max(width, label.size());
        auto& console = context_.console;
        console.note(
            fmt::format("{:<{}}  {:>9}  {:>10}  {:>6}", "class", width, "frames", "seconds", "share"));
        const double hop_s = frontends_[0]->hop_s();
        const auto row = [&](std::string_view name, std::size_t frames) {
            console.note(fmt::format("{:<{}}  {:>9}  {:>10.1f}  {:>5.1f}%", name, width, frames,
                                     static_cast<double>(frames) * hop_s,
                                     100.0 * static_cast<double>(frames) / static_cast<double>(total)));
        };
        for (std::size_t c = 0; c < frames_.size(); ++c) row(settings_.labels[c], frames_[c]);
        if (unlabelled_ > 0) row("(none)", unlabelled_);
        const auto made = entries_.size() - failed - unchanged_;
        console.note(fmt::format("{} made, {} unchanged, {} failed: {}", made, unchanged_, failed,
                                 destination_.path == "-" ? "standard output" : destination_.path));
    }

    /// Classes are fixed before the recordings are read, so that a class is there even if none of its
    /// recordings could be read. A part may lack a class that others have.
    void warn_of_empty_classes() const {
        if (options_.shard.count > 1) return;
        for (std::size_t c = 0; c < frames_.size(); ++c) {
            if (frames_[c] > 0) continue;
            context_.console.warning(
                fmt::format("no frame is labelled '{0}' (add recordings, or train with --leave-out '{0}')",
                            settings_.labels[c]));
        }
    }

    /// Files of earlier runs stay; train refuses a dataset in which some do not match ours.
    void warn_of_others() const {
        std::vector<std::string> strange;
        for (const auto& file : dataset::dataset_files(destination_.path)) {
            if (files_.contains(file)) continue;
            try {
                const auto other = dataset::read_recording_summary(file);
                if (other.labels == settings_.labels && other.frontend == settings_.frontend) continue;
            } catch (const Error&) {  // train could not read it either
            }
            strange.push_back(file);
        }
        if (strange.empty()) return;
        context_.console.warning(fmt::format(
            "{} from earlier runs with other classes or settings: {} (build a whole dataset in one run)",
            strange.size() == 1 ? "one file is" : fmt::format("{} files are", strange.size()),
            strange.front()));
    }

    Options options_;
    Context& context_;
    Destination destination_;
    int jobs_;
    std::optional<PretrainedSource> pretrained_;
    std::vector<std::unique_ptr<frontend::Frontend>> frontends_;  // one per worker
    dataset::BuildSettings settings_;
    std::set<std::string> files_;                   // of all parts
    std::vector<dataset::CatalogueEntry> entries_;  // of ours
    std::optional<dataset::DatasetBuilder> builder_;
    std::vector<std::size_t> frames_;  // by class
    std::size_t unlabelled_ = 0, unchanged_ = 0;
};

/// Frames for events, unless the command line says how frames are made.
std::string default_recipe(const CLI::App& app) {
    const bool chosen = std::ranges::any_of(frontend_option_names(), [&](const char* name) {
        return app.get_option(fmt::format("--{}", name))->count() > 0;
    });
    return chosen ? "" : "events";
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("AUDIO", options->paths,
                   "Directories, files, @lists, URLs or - (stdin); last, DATASET_DIR")
        ->required()
        ->type_name("")
        ->configurable(false);
    add_output(app, options->output, "DATASET_DIR, one FILE.npz, or - (stdout)");
    app.add_option("--labels", options->labels, "Label file for all recordings (default: search beside each)")
        ->type_name("FILE");
    app.add_option("--group", options->group, "CSV column that names groups, which a split keeps together")
        ->type_name("COLUMN");
    app.add_option("--background", options->background, "Class for unlabelled frames")->type_name("LABEL");
    app.add_option("--unlabelled", options->unlabelled, "Unlabelled frames: drop, or keep as class -1")
        ->type_name("WHAT")
        ->check(CLI::IsMember({"drop", "keep"}))
        ->capture_default_str();
    add_frontend(app, options->frontend);
    add_pretrained(app, options->pretrained);
    add_source(app, options->source);
    app.get_option("--raw")->group(kMoreOptions);
    app.add_flag("--skip-bad", options->skip_bad, "Skip unusable waveforms of a JSON file")
        ->group(kMoreOptions);
    app.add_option("--dtype", options->dtype, "Store frames as float32, or as float16 (half the size)")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"float32", "float16"}))
        ->capture_default_str()
        ->group(kMoreOptions);
    app.add_flag("--store", options->store, "Write uncompressed files, which train can memory-map")
        ->group(kMoreOptions);
    add_shard(app, options->shard);
    add_jobs(app, options->jobs);
    add_force(app, options->force);
    return [options](Context& context) {
        options->recipe = context.recipe;
        return Run(*options, context)();
    };
}

}  // namespace

const Tool tool{"datagen",
                "Turn labelled recordings into datasets of frames, one NPZ file each.\n"
                "Labels are found beside recordings, or are the names of their directories.",
                "Example:\n  earshot datagen clips/ dataset/ --labels clips.csv --group speaker",
                declare,
                describe_frontends,
                default_recipe};

}  // namespace earshot::tools
