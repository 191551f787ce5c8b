#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "dataset/catalogue.h"
#include "dataset/recording.h"
#include "metrics/evaluation.h"
#include "evaluate/judge.h"
#include "support/counted.h"
#include "support/error.h"
#include "support/json_lines.h"
#include "support/parallel.h"
#include "tools/options.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::string model;
    std::vector<std::string> data;
    SourceOptions source;
    std::string labels, background;
    std::vector<std::string> leave_out;
    std::string output = "-", scores;
    int jobs = 0;
    bool json = false, per_recording = false;
};

/// A recording to judge on: a dataset file, or sound with labels.
struct Item {
    std::string name;
    std::optional<CatalogueEntry> audio;
};

/// What a recording came to; `problem` is why it came to nothing.
struct Outcome {
    JudgedRecording judged;
    std::string problem;
};

bool is_dataset(const std::string& path) {
    if (path.ends_with(".npz")) return true;
    std::error_code none;
    return std::ranges::any_of(fs::directory_iterator(path, none),
                               [](const auto& entry) { return entry.path().extension() == ".npz"; });
}

std::vector<Item> find_items(const Options& options, Console& console) {
    std::vector<Item> items;
    std::vector<std::string> archives;
    for (const auto& path : options.data) {
        if (!is_dataset(path)) {
            archives.push_back(path);
        } else if (fs::is_directory(path)) {
            for (const auto& file : dataset_files(path)) items.push_back({file, {}});
        } else {
            items.push_back({path, {}});
        }
    }
    if (archives.empty()) return items;
    CatalogueOptions wanted;
    if (!options.labels.empty()) wanted.labels = options.labels;
    const auto catalogue = find_recordings(archives, wanted);
    for (const auto& warning : catalogue.warnings) console.warning(warning);
    for (const auto& entry : catalogue.entries) items.push_back({entry.audio, entry});
    return items;
}

class Run {
 public:
    Run(const Options& options, Context& context)
        : options_(options),
          context_(context),
          model_(read_model_file(options.model)),
          items_(find_items(options, context.console)),
          evaluation_(model_.labels) {
        const auto wanted = static_cast<std::size_t>(effective_jobs(options.jobs));
        workers_ = std::clamp<std::size_t>(items_.size(), 1, wanted);
        options_.source.ahead = wanted > workers_;
        set_compute_threads(workers_ > 1 ? 1 : static_cast<int>(wanted));
        for (std::size_t i = 0; i < workers_; ++i) {
            judges_.push_back(std::make_unique<Judge>(options.model, model_,
                                                      open_scorer(options.model, model_), options.leave_out));
        }
    }

    Exit operator()() {
        const auto out = options_.output == "-" ? nullptr : open_text_output(options_.output);
        const auto scores = options_.scores.empty() ? nullptr : open_text_output(options_.scores);
        if (scores) scores->write(fmt::format("file\tonset\tlabel\t{}\n", fmt::join(model_.labels, "\t")));
        context_.console.start_progress("evaluate", static_cast<double>(items_.size()));
        ordered_parallel(
            items_.size(), static_cast<int>(workers_),
            [&](std::size_t i, int worker) { return work(i, worker); },
            [&](std::size_t i, const Outcome& outcome) { account(i, outcome, scores.get()); });
        context_.console.end_progress();
        if (failed_ == items_.size()) return Exit::failure;
        check_leave_out();
        if (evaluation_.confusion().total() == 0) {
            throw Error(fmt::format("{}: no window with a label to judge {} on",
                                    fmt::join(options_.data, ", "), options_.model));
        }
        warn_of_unchecked();
        Output& report = out ? *out : context_.out;
        report.write(options_.json ? json() : text());
        if (out) out->close();
        if (scores) scores->close();
        return failed_ > 0 || damaged_ > 0 ? Exit::partial : Exit::ok;
    }

 private:
    Outcome work(std::size_t i, int worker) {
        auto& judge = *judges_[static_cast<std::size_t>(worker)];
        Outcome outcome;
        try {
            const auto& item = items_[i];
            const auto background =
                options_.background.empty() ? std::nullopt : std::optional(options_.background);
            outcome.judged =
                item.audio ? judge.audio(*item.audio, options_.source, background) : judge.dataset(item.name);
        } catch (const MismatchError&) {
            throw;
        } catch (const Error& error) {
            outcome.problem = error.what();
        }
        return outcome;
    }

    void account(std::size_t i, const Outcome& outcome, Output* scores) {
        auto& console = context_.console;
        const auto& name = items_[i].name;
        console.progress(static_cast<double>(i + 1), name);
        if (!outcome.problem.empty()) {
            ++failed_;
            console.error(outcome.problem);
            return;
        }
        const auto& judged = outcome.judged;
        const std::size_t classes = model_.labels.size();
        Evaluation own(model_.labels);
        for (std::size_t w = 0; w < judged.truths.size(); ++w) {
            const auto row = std::span(judged.scores).subspan(w * classes, classes);
            evaluation_.add(judged.truths[w], row);
            if (options_.per_recording) own.add(judged.truths[w], row);
            if (scores) write_scores(*scores, name, judged.onsets_s[w], judged.truths[w], row);
        }
        left_out_ += judged.left_out;
        if (!judged.frontend_checked) unchecked_.push_back(name);
        if (options_.per_recording) recordings_.emplace_back(name, own.confusion());
        if (judged.damage.empty()) return;
        ++damaged_;
        console.warning(
            fmt::format("{}: damaged {}; what could be decoded was judged", name, judged.damage.front()));
    }

    void write_scores(Output& out, const std::string& file, double onset_s, std::size_t truth,
                      std::span<const float> scores) const {
        out.write(fmt::format("{}\t{:.3f}\t{}\t{}\n", file, onset_s, model_.labels[truth],
                              fmt::join(scores, "\t")));
    }

    /// A label that neither the model nor the data know was mistyped, and nothing was left out for it.
    void check_leave_out() const {
        if (failed_ > 0) return;  // it may be theirs
        for (const auto& label : options_.leave_out) {
            const auto unseen = [&](const auto& judge) { return judge->unseen().contains(label); };
            if (!std::ranges::all_of(judges_, unseen)) continue;
            throw UsageError(fmt::format("--leave-out {}: no such label in {} or the data (the model's: {})",
                                         label, options_.model, fmt::join(model_.labels, ", ")));
        }
    }

    void warn_of_unchecked() const {
        if (unchecked_.empty()) return;
        context_.console.warning(
            fmt::format("{} does not say how its frames were computed, so that they may not fit",
                        model_.frontend.is_object() ? unchecked_.front() : options_.model));
    }

    std::string json() const {
        nlohmann::ordered_json report{{"model", options_.model},
                                      {"data", options_.data},
                                      {"recordings", items_.size() - failed_},
                                      {"left_out", left_out_}};
        report.update(evaluation_json(evaluation_));
        if (options_.per_recording) {
            auto list = nlohmann::ordered_json::array();
            for (const auto& [file, confusion] : recordings_) {
                list.push_back({{"file", file},
                                {"windows", confusion.total()},
                                {"accuracy", rounded(confusion.accuracy(), 6)},
                                {"balanced_accuracy", rounded(confusion.balanced_accuracy(), 6)}});
            }
            report["by_recording"] = list;
        }
        return report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    }

    std::string text() const {
        std::string report = evaluation_text(evaluation_);
        report.pop_back();
        report += " in " + counted(items_.size() - failed_, "recording");
        if (left_out_ > 0) report += fmt::format(", {} left out", counted(left_out_, "window"));
        report += '\n';
        if (!options_.per_recording) return report;
        report += "\n windows  accuracy  balanced  recording\n";
        for (const auto& [file, confusion] : recordings_) {
            report += fmt::format("{:>8}  {:>8.3f}  {:>8.3f}  {}\n", confusion.total(), confusion.accuracy(),
                                  confusion.balanced_accuracy(), file);
        }
        return report;
    }

    Options options_;
    Context& context_;
    ModelFile model_;
    std::vector<Item> items_;
    Evaluation evaluation_;
    std::size_t workers_ = 1;
    std::vector<std::unique_ptr<Judge>> judges_;                       // one a worker
    std::vector<std::pair<std::string, ConfusionMatrix>> recordings_;  // with --per-recording
    std::vector<std::string> unchecked_;
    std::size_t left_out_ = 0, failed_ = 0, damaged_ = 0;
};

Runner declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("MODEL", options->model, "Model directory, made by earshot train")
        ->required()
        ->type_name("")
        ->configurable(false);
    app.add_option("DATA", options->data, "Datasets (NPZ files, directories of them) or labelled recordings")
        ->required()
        ->type_name("...")
        ->configurable(false);
    app.add_flag("--json", options->json, "Write the figures as JSON");
    app.add_flag("--per-recording", options->per_recording, "Show each recording's accuracy too");
    add_output(app, options->output, "File for the report (default: stdout)");
    app.add_option("--scores", options->scores, "Also write each window's truth and scores as TSV")
        ->type_name("FILE");
    app.add_option("--leave-out", options->leave_out, "Ignore windows with this label (repeatable)")
        ->type_name("LABEL")
        ->allow_extra_args(false);
    app.add_option("--labels", options->labels, "Label file of all recordings, instead of looking for labels")
        ->type_name("FILE");
    app.add_option("--background", options->background, "Label of what no label of a recording covers")
        ->type_name("LABEL");
    add_source(app, options->source);
    add_jobs(app, options->jobs);
    return [options](Context& context) { return Run(*options, context)(); };
}

}  // namespace

const Tool tool{"evaluate",
                "Judge a model on labelled data: confusion, precision, recall, F1, areas under curves.",
                "Examples:\n"
                "  earshot evaluate model/ test-dataset/\n"
                "  earshot evaluate model/ recordings/ --per-recording\n"
                "  earshot evaluate model/ test-dataset/ --json | jq .accuracy",
                declare};

}  // namespace earshot::tools
