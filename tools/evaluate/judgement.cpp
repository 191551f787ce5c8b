#include "tools/evaluate/judgement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "batch/parallel.h"
#include "dataset/recording.h"
#include "detect/recording_scorer.h"
#include "network/compute_threads.h"
#include "support/counted.h"
#include "support/error.h"
#include "support/json_lines.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

bool is_dataset(const std::string& path) {
    if (path.ends_with(".npz")) return true;
    std::error_code none;
    return std::ranges::any_of(fs::directory_iterator(path, none),
                               [](const auto& entry) { return entry.path().extension() == ".npz"; });
}

}  // namespace

/// Adds the recordings of the chosen days. @param background  label of all that has none
void Judgement::find_items(const std::vector<std::string>& paths,
                           const std::optional<std::string>& background) {
    const auto add = [&](evaluate::JudgedItem item, std::vector<std::string> names) {
        if (options_.days.empty() || dataset::is_of_days(names, options_.days))
            items_.push_back(std::move(item));
    };
    std::vector<std::string> archives;
    for (const auto& path : paths) {
        if (!is_dataset(path)) {
            archives.push_back(path);
            continue;
        }
        for (const auto& file : fs::is_directory(path) ? dataset::dataset_files(path) : std::vector{path})
            add({file, {}, background}, {dataset::read_source_file(file), file});
    }
    if (archives.empty()) return;
    dataset::CatalogueOptions wanted;
    if (!options_.labels.empty()) wanted.labels = options_.labels;
    const auto catalogue = dataset::find_recordings(archives, wanted);
    for (const auto& warning : catalogue.warnings) context_.console.warning(warning);
    const auto uncovered = options_.background.empty() ? background : options_.background;
    for (const auto& entry : catalogue.entries) add({entry.audio, entry, uncovered}, {entry.audio});
}

/// Of data that are background as a whole.
std::string Judgement::background_label() const {
    if (!options_.background.empty()) return options_.background;
    if (!model_.background.empty()) return model_.background;
    if (!model_.unknown.empty()) return model_.unknown;
    throw UsageError(
        fmt::format("--background: {} knows no background and answers no unknown", options_.model));
}

Judgement::Judgement(const EvaluateOptions& options, Context& context)
    : options_(options),
      context_(context),
      opened_(model::Model::open(options.model)),
      model_(opened_->file()),
      evaluation_(model_.labels, model::open_set_rule(model_)) {
    find_items(options.data, {});
    if (!options.background_data.empty()) find_items(options.background_data, background_label());
    // Of whole recordings it is not known how long their background lasts.
    if (model_.frontend.is_object() && model_.target == model::Target::frame)
        false_alarms_.emplace(model_, opened_->grid().hop_s);
    const auto wanted = static_cast<std::size_t>(effective_jobs(options.jobs));
    together_ = detect::recordings_together(items_.size(), wanted);
    workers_ = std::clamp<std::size_t>(batches(), 1, wanted);
    options_.source.ahead = wanted > workers_;
    network::set_compute_threads(workers_ > 1 ? 1 : static_cast<int>(wanted));
    for (std::size_t i = 0; i < workers_; ++i)
        judges_.push_back(std::make_unique<evaluate::Judge>(opened_, options.leave_out, options.tags));
}

bool Judgement::judge(Output* scores) {
    if (scores) scores->write(fmt::format("file\tonset\tlabel\t{}\n", fmt::join(model_.labels, "\t")));
    context_.console.start_progress("evaluate", static_cast<double>(items_.size()));
    batch::ordered_parallel(
        batches(), static_cast<int>(workers_),
        [&](std::size_t i, int worker) {
            const auto together =
                std::span(items_).subspan(i * together_, std::min(together_, items_.size() - i * together_));
            return judges_[static_cast<std::size_t>(worker)]->judge(together, options_.source);
        },
        [&](std::size_t i, const std::vector<evaluate::JudgedRecording>& judged) {
            for (std::size_t k = 0; k < judged.size(); ++k) account(i * together_ + k, judged[k], scores);
        });
    context_.console.end_progress();
    if (!items_.empty() && failed_ == items_.size()) return false;
    check_leave_out();
    if (evaluation_.confusion().total() == 0) {
        throw Error(fmt::format("{}: no window with a label to judge {} on{}", fmt::join(options_.data, ", "),
                                options_.model, options_.days.empty() ? "" : " on these days"));
    }
    warn_of_unchecked();
    return true;
}

void Judgement::account(std::size_t i, const evaluate::JudgedRecording& judged, Output* scores) {
    auto& console = context_.console;
    const auto& name = items_[i].path;
    console.progress(static_cast<double>(i + 1), name);
    if (!judged.problem.empty()) {
        ++failed_;
        console.error(judged.problem);
        return;
    }
    const std::size_t classes = model_.labels.size();
    metrics::Evaluation own(model_.labels, model::open_set_rule(model_));
    for (std::size_t w = 0; w < judged.truths.size(); ++w) {
        const auto row = std::span(judged.scores).subspan(w * classes, classes);
        evaluation_.add(judged.truths[w], row);
        if (options_.per_recording) own.add(judged.truths[w], row);
        if (scores) write_scores(*scores, name, judged.onsets_s[w], judged.truths[w], row);
    }
    if (false_alarms_) false_alarms_->add(judged);
    left_out_ += judged.left_out;
    if (!judged.frontend_checked) unchecked_.push_back(name);
    if (options_.per_recording) recordings_.emplace_back(name, own.confusion());
    if (judged.damage.empty()) return;
    ++damaged_;
    console.warning(
        fmt::format("{}: damaged {}; what could be decoded was judged", name, judged.damage.front()));
}

void Judgement::write_scores(Output& out, const std::string& file, double onset_s, std::size_t truth,
                             std::span<const float> scores) const {
    out.write(
        fmt::format("{}\t{:.3f}\t{}\t{}\n", file, onset_s, model_.labels[truth], fmt::join(scores, "\t")));
}

/// A label that neither the model nor the data know was mistyped, and nothing was left out for it.
void Judgement::check_leave_out() const {
    if (failed_ > 0) return;  // it may be theirs
    for (const auto& label : options_.leave_out) {
        const auto unseen = [&](const auto& judge) { return judge->unseen().contains(label); };
        if (!std::ranges::all_of(judges_, unseen)) continue;
        throw UsageError(fmt::format("--leave-out {}: no such label in {} or the data (the model's: {})",
                                     label, options_.model, fmt::join(model_.labels, ", ")));
    }
}

void Judgement::warn_of_unchecked() const {
    if (unchecked_.empty()) return;
    context_.console.warning(
        fmt::format("{} does not say how its frames were computed, so that they may not fit",
                    model_.frontend.is_object() ? unchecked_.front() : options_.model));
}

nlohmann::ordered_json Judgement::json() const {
    nlohmann::ordered_json report{{"model", options_.model},
                                  {"data", options_.data},
                                  {"recordings", items_.size() - failed_},
                                  {"left_out", left_out_}};
    report.update(metrics::evaluation_json(evaluation_));
    report["detection"] =
        metrics::detection_json(evaluation_, model_.thresholds, {model_.background, model_.unknown});
    if (false_alarms_ && false_alarms_->hours() > 0) {
        report["background_hours"] = rounded(false_alarms_->hours(), 6);
        for (std::size_t c = 0; c < model_.labels.size(); ++c) {
            if (false_alarms_->counts(c))
                report["labels"][model_.labels[c]]["false_alarms_per_hour"] =
                    rounded(false_alarms_->per_hour(c), 6);
        }
    }
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
    return report;
}

std::string Judgement::text() const {
    const bool whole = model_.target == model::Target::recording;
    const char* unit = whole ? "recording" : "window";
    std::string report = metrics::evaluation_text(evaluation_, unit);
    report.pop_back();
    if (!whole) report += " in " + counted(items_.size() - failed_, "recording");
    if (left_out_ > 0) report += fmt::format(", {} left out", counted(left_out_, unit));
    report += '\n';
    if (whole)
        report += "\n" + metrics::detection_text(evaluation_, model_.thresholds,
                                                 {model_.background, model_.unknown});
    if (false_alarms_ && false_alarms_->hours() > 0) {
        std::vector<std::string> each;
        for (std::size_t c = 0; c < model_.labels.size(); ++c) {
            if (false_alarms_->counts(c))
                each.push_back(fmt::format("{}: {:.3g}", model_.labels[c], false_alarms_->per_hour(c)));
        }
        report += fmt::format("false alarms an hour, in {:.3g} h of background: {}\n", false_alarms_->hours(),
                              fmt::join(each, ", "));
    }
    if (!options_.per_recording) return report;
    report += "\n windows  accuracy  balanced  recording\n";
    for (const auto& [file, confusion] : recordings_) {
        report += fmt::format("{:>8}  {:>8.3f}  {:>8.3f}  {}\n", confusion.total(), confusion.accuracy(),
                              confusion.balanced_accuracy(), file);
    }
    return report;
}

void Judgement::write_curves(Output& out) const {
    out.write("curve\tlabel\tthreshold\tx\ty\n");
    for (std::size_t c = 0; c < model_.labels.size(); ++c) {
        for (const auto& point : evaluation_.precision_recall(c)) {
            out.write(fmt::format("precision-recall\t{}\t{}\t{}\t{}\n", model_.labels[c], point.threshold,
                                  point.recall, point.precision));
        }
    }
    const auto open = evaluation_.open_set();
    if (!open) return;
    for (const auto& point : open->curve) {
        out.write(
            fmt::format("open-set\t\t{}\t{}\t{}\n", point.threshold, point.false_positives, point.correct));
    }
}

}  // namespace earshot::tools
