#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <numeric>
#include <set>

#include "audio/source.h"
#include "batch/parallel.h"
#include "dataset/catalogue.h"
#include "dataset/content_hash.h"
#include "dataset/dataset_builder.h"
#include "support/error.h"
#include "tools/datagen/frontend_options.h"
#include "tools/options.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::vector<std::string> paths;  // AUDIO... [DATASET_DIR]
    std::string output;              // instead of DATASET_DIR
    std::string labels, group, background, unlabelled = "drop";
    FrontendOptions frontend;
    audio::SourceOptions source;
    std::string dtype = "float32";
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

/// Of what a recording came to; `problem` is why it came to nothing.
struct Outcome {
    dataset::BuildReport report;
    std::string problem;
};

/// Megabytes of audio done, over recordings that are worked on at once.
class Progress {
 public:
    Progress(Console& console, const std::vector<dataset::CatalogueEntry>& entries) : console_(console) {
        double total = 0;
        for (const auto& entry : entries) {
            std::error_code unknown;
            const auto bytes = fs::file_size(entry.audio, unknown);
            megabytes_.push_back(unknown ? 0 : static_cast<double>(bytes) / 1e6);
            total += megabytes_.back();
        }
        shares_.assign(entries.size(), 0);
        console_.start_progress("datagen, MB", total > 0 ? std::optional(std::ceil(total)) : std::nullopt);
    }
    ~Progress() { console_.end_progress(); }

    void at(std::size_t index, double share, const std::string& name) {
        const std::lock_guard lock(mutex_);
        share = std::clamp(share, shares_[index], 1.0);
        done_ += (share - shares_[index]) * megabytes_[index];
        shares_[index] = share;
        console_.progress(done_, name);
    }

 private:
    Console& console_;
    std::mutex mutex_;
    std::vector<double> megabytes_, shares_;
    double done_ = 0;
};

Destination take_destination(Options& options, const Output& out) {
    if (options.output.empty()) {
        if (options.paths.size() < 2) {
            throw UsageError("where should the dataset go? (give DATASET_DIR as the last argument, or -o)");
        }
        options.output = options.paths.back();
        options.paths.pop_back();
        if (fs::is_regular_file(options.output)) {
            throw UsageError(fmt::format(
                "{} is a file, and the last argument names DATASET_DIR (for one file give -o OUT.npz)",
                options.output));
        }
    }
    const bool standard = options.output == "-";
    if (standard && out.is_terminal()) {
        throw UsageError("a dataset is binary, and standard output is a terminal (add > FILE.npz)");
    }
    return {options.output, standard || options.output.ends_with(".npz")};
}

/// Library errors about values that come from options are usage errors.
std::unique_ptr<frontend::Frontend> frontend_of(const Options& options) try {
    return frontend::make_frontend(frontend_settings(options.frontend));
} catch (const Error& error) {
    throw UsageError(error.what());
}

/// What the options ask for.
dataset::BuildSettings build_settings(const Options& options, const frontend::Frontend& frontend) try {
    dataset::BuildSettings settings;
    settings.frontend = frontend.settings();
    settings.source = options.source;
    settings.source.rate_hz = frontend.rate_hz();
    settings.keep_unlabelled = options.unlabelled == "keep";
    if (!options.background.empty()) settings.background = options.background;
    settings.compress = !options.store;
    if (options.dtype == "float16") settings.type = dataset::FrameType::float16;
    return settings;
} catch (const Error& error) {
    throw UsageError(error.what());
}

/// All recordings with the class names that they share; what cannot be labelled keeps its problem.
dataset::Catalogue catalogue_of(const Options& options, const Destination& destination, Console& console) {
    dataset::CatalogueOptions wanted;
    if (!options.labels.empty()) wanted.labels = options.labels;
    if (!options.group.empty()) wanted.group_column = options.group;
    wanted.waveforms = true;
    wanted.skip_bad = options.skip_bad;
    auto catalogue = dataset::find_recordings(options.paths, wanted);
    for (const auto& warning : catalogue.warnings) console.warning(warning);
    if (destination.single && catalogue.entries.size() != 1) {
        throw UsageError(fmt::format("{} recordings do not fit into one file (give a directory to -o)",
                                     catalogue.entries.size()));
    }
    return catalogue;
}

void make_directory(const std::string& path) {
    std::error_code failure;
    fs::create_directories(path, failure);
    if (failure) throw Error(fmt::format("cannot make the directory {}: {}", path, failure.message()));
}

/// One run: the options, the catalogue that they lead to, and what came of it so far.
class Run {
 public:
    Run(const Options& options, Context& context)
        : options_(options),
          context_(context),
          destination_(take_destination(options_, context.out)),
          jobs_(effective_jobs(options.jobs)),
          frontends_(static_cast<std::size_t>(jobs_)) {
        frontends_[0] = frontend_of(options_);
        settings_ = build_settings(options_, *frontends_[0]);
        catalogue_ = catalogue_of(options_, destination_, context.console);
        settings_.labels = catalogue_.labels();
        if (settings_.background) {
            auto& labels = settings_.labels;
            const auto place = std::ranges::lower_bound(labels, *settings_.background);
            if (place == labels.end() || *place != *settings_.background)
                labels.insert(place, *settings_.background);
        }
        // One recording occupies two processors when it is decoded ahead of its analysis.
        settings_.source.ahead = 2 * catalogue_.entries.size() <= static_cast<std::size_t>(jobs_);
        builder_.emplace(settings_);
    }

    Exit operator()() {
        const auto& entries = catalogue_.entries;
        const bool anything = !std::ranges::all_of(entries, &dataset::CatalogueEntry::missing);
        if (!destination_.single && anything) make_directory(destination_.path);
        {
            Progress progress(context_.console, entries);
            batch::ordered_parallel(
                entries.size(), jobs_, [&](std::size_t i, int worker) { return work(i, worker, progress); },
                [&](std::size_t i, Outcome&& outcome) { account(entries[i], outcome); });
        }
        summarise();
        warn_of_empty_classes();
        warn_of_others();
        if (failed_ == entries.size()) return Exit::failure;
        return failed_ > 0 || damaged_ > 0 ? Exit::partial : Exit::ok;
    }

 private:
    Outcome work(std::size_t i, int worker, Progress& progress) {
        const auto& entry = catalogue_.entries[i];
        Outcome outcome;
        try {
            auto& frontend = frontends_[static_cast<std::size_t>(worker)];
            if (!frontend) frontend = builder_->frontend();
            outcome.report = make(entry, *frontend, [&](double share) { progress.at(i, share, entry.name); });
        } catch (const UsageError&) {
            throw;
        } catch (const WriteError&) {
            throw;  // a full disk would fail every recording to come
        } catch (const Error& error) {
            outcome.problem = error.what();
        }
        progress.at(i, 1, entry.name);
        return outcome;
    }

    dataset::BuildReport make(const dataset::CatalogueEntry& entry, frontend::Frontend& frontend,
                              const std::function<void(double)>& progress) {
        if (!entry.timeline && (entry.labels_unusable || !settings_.keep_unlabelled)) {
            throw Error(fmt::format("{}: {}", entry.audio, entry.problem));
        }
        const auto file = destination_.file(entry);
        const bool has_content = fs::is_regular_file(entry.audio);  // and not standard input or a URL
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

    /// The report of a dataset file that was made of the same, if it can be read.
    std::optional<dataset::BuildReport> unchanged(const std::string& file,
                                                  const std::string& identity) const {
        if (dataset::read_content_hash(file) != identity) return {};
        try {
            auto report = dataset::report_of(file);
            report.class_frames.resize(settings_.labels.size());
            return report;
        } catch (const Error&) {
            return {};  // damaged: made again
        }
    }

    /// Two archives may have recordings of one name, and a slip of -o is not worth a dataset: the second must
    /// not take the place of the first.
    static void refuse_another_recording(const dataset::CatalogueEntry& entry, const std::string& file) {
        std::string there;
        try {
            there = dataset::read_recording_summary(file).file;
        } catch (const Error&) {
            return;  // nothing there, or nothing that could be used
        }
        if (there == entry.audio || (entry.audio == "-" && there == "stdin")) return;
        throw Error(fmt::format("{}: {} was made of {} (choose another place, or give --force to replace it)",
                                entry.audio, file, there == file ? "something else" : there));
    }

    void account(const dataset::CatalogueEntry& entry, const Outcome& outcome) {
        auto& console = context_.console;
        if (!outcome.problem.empty()) {
            ++failed_;
            return console.error(outcome.problem);
        }
        const auto& report = outcome.report;
        frames_.resize(settings_.labels.size());
        for (std::size_t c = 0; c < frames_.size(); ++c) frames_[c] += report.class_frames[c];
        unlabelled_ += report.unlabelled_frames;
        unchanged_ += report.unchanged;
        if (report.events_past_end > 0) {
            console.warning(
                fmt::format("{}: {} of its labels reach past its end", entry.audio, report.events_past_end));
        }
        if (report.damage.empty()) return;
        ++damaged_;
        const auto more = report.damage.size() - 1;
        console.warning(fmt::format("{}: damaged {}{}; what could be decoded was used", entry.audio,
                                    report.damage.front(),
                                    more == 0 ? "" : fmt::format(" and in {} more places", more)));
    }

    void summarise() const {
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
        const auto made = catalogue_.entries.size() - failed_ - unchanged_;
        console.note(fmt::format("{} made, {} unchanged, {} failed: {}", made, unchanged_, failed_,
                                 destination_.path == "-" ? "standard output" : destination_.path));
    }

    /// Classes are fixed before the recordings are read; those of which nothing could be read stay behind.
    void warn_of_empty_classes() const {
        if (failed_ == 0 || failed_ == catalogue_.entries.size()) return;
        for (std::size_t c = 0; c < frames_.size(); ++c) {
            if (frames_[c] > 0) continue;
            context_.console.warning(fmt::format(
                "no frame is labelled '{0}' (train will want --leave-out '{0}', or more recordings)",
                settings_.labels[c]));
        }
    }

    /// Files of earlier runs stay; train would stumble over those that do not go with ours.
    void warn_of_others() const {
        if (destination_.single || failed_ == catalogue_.entries.size()) return;
        std::set<std::string> ours;
        for (const auto& entry : catalogue_.entries) ours.insert(destination_.file(entry));
        std::vector<std::string> strange;
        for (const auto& file : dataset::dataset_files(destination_.path)) {
            if (ours.contains(file)) continue;
            try {
                const auto other = dataset::read_recording_summary(file);
                if (other.labels == settings_.labels && other.frontend == settings_.frontend) continue;
            } catch (const Error&) {  // nor would train read it
            }
            strange.push_back(file);
        }
        if (strange.empty()) return;
        context_.console.warning(fmt::format(
            "{} of other recordings with other classes or settings: {} (make all of a dataset in one run)",
            strange.size() == 1 ? "one file is" : fmt::format("{} files are", strange.size()),
            strange.front()));
    }

    Options options_;
    Context& context_;
    Destination destination_;
    int jobs_;
    std::vector<std::unique_ptr<frontend::Frontend>> frontends_;  // one a worker
    dataset::BuildSettings settings_;
    dataset::Catalogue catalogue_;
    std::optional<dataset::DatasetBuilder> builder_;
    std::vector<std::size_t> frames_;  // by class
    std::size_t unlabelled_ = 0, unchanged_ = 0, failed_ = 0, damaged_ = 0;
};

Runner declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("AUDIO", options->paths,
                   "Directories, files, @lists, URLs or - (stdin); last, DATASET_DIR")
        ->required()
        ->type_name("")
        ->configurable(false);
    add_output(app, options->output, "DATASET_DIR, one FILE.npz, or - (stdout)");
    app.add_option("--labels", options->labels, "Label file of all recordings, instead of looking for labels")
        ->type_name("FILE");
    app.add_option("--group", options->group, "Column of the CSV label file: what a split keeps together")
        ->type_name("COLUMN");
    app.add_option("--background", options->background, "Class of what no label covers")->type_name("LABEL");
    app.add_option("--unlabelled", options->unlabelled,
                   "Frames that no label touches: drop, or keep as class -1")
        ->type_name("WHAT")
        ->check(CLI::IsMember({"drop", "keep"}))
        ->capture_default_str();
    add_frontend(app, options->frontend);
    add_source(app, options->source);
    app.add_flag("--skip-bad", options->skip_bad, "Leave out waveforms of a JSON file that cannot be used");
    app.add_option("--dtype", options->dtype, "Keep frames as float32, or as float16 in half the space")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"float32", "float16"}))
        ->capture_default_str();
    app.add_flag("--store", options->store, "Store the files uncompressed, to be mapped into memory");
    add_jobs(app, options->jobs);
    add_force(app, options->force);
    return [options](Context& context) { return Run(*options, context)(); };
}

}  // namespace

const Tool tool{"datagen",
                "Turn labelled recordings into datasets of frames, one NPZ file each.\n"
                "Labels are found beside recordings, or are the names of their directories.",
                "Example:\n  earshot datagen recordings/ dataset/\n"
                "  earshot datagen clips/ dataset/ --labels clips.csv --group speaker",
                declare};

}  // namespace earshot::tools
