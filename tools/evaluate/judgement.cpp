#include "tools/evaluate/judgement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "detect/recording_scorer.h"
#include "evaluate/judged_items.h"
#include "support/error.h"
#include "tools/evaluate/parts.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

/// From one window to the next, where the model says.
std::optional<double> hop_of(const model::Model& model) {
    const auto& file = model.file();
    if (!file.frontend.is_object() || file.target != model::Target::frame) return std::nullopt;
    return model.grid().hop_s;
}

constexpr const char* kRemedy = "what could be decoded was evaluated";

}  // namespace

Judgement::Judgement(const EvaluateOptions& options, Context& context)
    : options_(options),
      context_(context),
      opened_(model::Model::open(options.model)),
      model_(opened_->file()),
      tally_(model_, hop_of(*opened_), options.per_recording, options.criteria) {}

void Judgement::find_items() {
    const evaluate::ItemChoice choice{options_.labels, options_.background, options_.days};
    evaluate::JudgedItems found;
    evaluate::add_items(found, options_.data, choice, {});
    if (!options_.background_data.empty())
        evaluate::add_items(found, options_.background_data, choice, background_label());
    for (const auto& warning : found.warnings) context_.console.warning(warning);
    items_ = std::move(found.items);
}

/// Label of data that are all background.
std::string Judgement::background_label() const {
    if (!options_.background.empty()) return options_.background;
    if (!model_.background.empty()) return model_.background;
    if (!model_.unknown.empty()) return model_.unknown;
    throw UsageError(
        fmt::format("--background: {} has no background label and no unknown label", options_.model));
}

std::string Judgement::model_hash() const { return opened_->hashes().description; }

void Judgement::make_judges(std::size_t count, std::size_t jobs) {
    options_.source.ahead = jobs > count;
    for (std::size_t i = 0; i < count; ++i)
        judges_.push_back(std::make_unique<evaluate::Judge>(opened_, options_.leave_out, options_.tags));
}

/// Has our part of the data scored.
batch::BatchStatus Judgement::judge_items(const Take& take, const Take& take_problem) {
    const std::size_t first = options_.shard.begin(items_.size()), end = options_.shard.end(items_.size());
    std::vector<std::string> names;
    for (std::size_t i = first; i < end; ++i) names.push_back(items_[i].path);
    const auto jobs = static_cast<std::size_t>(effective_jobs(options_.jobs));
    const auto together = detect::recordings_together(names.size(), jobs);
    make_judges(std::clamp<std::size_t>((names.size() + together - 1) / together, 1, jobs), jobs);

    batch::BatchSettings settings{"evaluate", {}, kRemedy};
    settings.on_problem = [&](std::size_t i, const std::string& problem) {
        evaluate::JudgedRecording judged;
        judged.problem = problem;
        take_problem(first + i, names[i], judged);
    };
    batch::Batch batch(names, std::move(settings), context_.console);
    batch.run_together<evaluate::JudgedRecording>(
        judges_.size(), together,
        [&](std::span<const std::size_t> indices, int worker) {
            const auto items = std::span(items_).subspan(first + indices.front(), indices.size());
            std::vector<batch::Outcome<evaluate::JudgedRecording>> outcomes;
            for (auto& judged : judges_[static_cast<std::size_t>(worker)]->judge(items, options_.source)) {
                auto damage = judged.damage;
                auto problem = judged.problem;
                outcomes.push_back({std::move(judged), std::move(damage), std::move(problem)});
            }
            return outcomes;
        },
        [&](std::size_t i, const evaluate::JudgedRecording& judged) { take(first + i, names[i], judged); });
    failed_ = batch.failed();
    return batch.finish();
}

batch::BatchStatus Judgement::merge_parts(const Take& take) {
    batch::BatchTally parts(kRemedy, context_.console);
    const auto header =
        read_parts(options_.data, [&](const std::string& name, const evaluate::JudgedRecording& judged) {
            parts.count();
            if (!judged.problem.empty()) return parts.add_problem(judged.problem);
            check_fit(judged);
            take(parts.inputs() - 1, name, judged);
            parts.add_damage(name, judged.damage);
        });
    if (header.model != model_hash())
        throw Error(fmt::format("{}: these parts were made with another model", options_.model));
    options_.data = header.data;
    failed_ = parts.failed();
    return parts.status();
}

/// Parts are untrusted input.
void Judgement::check_fit(const evaluate::JudgedRecording& judged) const {
    const std::size_t windows = judged.truths.size(), classes = model_.labels.size();
    const bool known = std::ranges::all_of(judged.truths, [&](std::size_t truth) { return truth < classes; });
    const bool beside_fits = std::ranges::is_sorted(judged.beside, {}, &evaluate::BesideTruth::window) &&
                             std::ranges::all_of(judged.beside, [&](const auto& one) {
                                 return one.window < windows && one.label < classes;
                             });
    const bool timeline_fits =
        !judged.timeline || judged.timeline->fits(evaluate::event_labels(model_).size());
    if (known && beside_fits && timeline_fits && judged.onsets_s.size() == windows &&
        judged.scores.size() == windows * classes)
        return;
    throw Error(fmt::format("the scores do not match the labels of {}", options_.model));
}

bool Judgement::judge(Output* scores) {
    if (scores) write_scores_header(*scores, model_.labels);
    const Take take = [&](std::size_t, const std::string& name, const evaluate::JudgedRecording& judged) {
        tally_.add(name, judged);
        if (scores) write_scores(*scores, name, judged, model_.labels);
    };
    if (options_.merge) {
        status_ = merge_parts(take);
    } else {
        find_items();
        status_ = judge_items(take, [](std::size_t, const std::string&, const evaluate::JudgedRecording&) {});
    }
    if (status_ == batch::BatchStatus::failure) return false;
    check_leave_out();
    if (tally_.evaluation().confusion().total() == 0) {
        throw Error(fmt::format("{}: no labelled window to evaluate {} on{}", fmt::join(options_.data, ", "),
                                options_.model, options_.days.empty() ? "" : " on these days"));
    }
    warn_of_unchecked();
    return true;
}

Exit Judgement::write_part(Output& out) {
    find_items();
    if (options_.shard.is_first()) write_header(out, {model_hash(), options_.data, items_.size()});
    const Take take = [&](std::size_t i, const std::string& name, const evaluate::JudgedRecording& judged) {
        write_recording(out, i, name, judged);
    };
    return exit_of(judge_items(take, take));
}

/// A label to leave out that neither the model nor the data have is a typing error.
void Judgement::check_leave_out() const {
    if (failed_ > 0) return;  // what failed may have it
    for (const auto& label : options_.leave_out) {
        const auto unseen = [&](const auto& judge) { return judge->unseen().contains(label); };
        if (!std::ranges::all_of(judges_, unseen)) continue;
        throw UsageError(fmt::format("--leave-out {}: no such label in {} or the data (the model's: {})",
                                     label, options_.model, fmt::join(model_.labels, ", ")));
    }
}

void Judgement::warn_of_unchecked() const {
    if (!tally_.unchecked()) return;
    context_.console.warning(
        fmt::format("{} does not say how its frames were computed; they may not match the model",
                    model_.frontend.is_object() ? *tally_.unchecked() : options_.model));
}

nlohmann::ordered_json Judgement::json() {
    nlohmann::ordered_json report{{"model", options_.model}, {"data", options_.data}};
    report.update(tally_.json());
    return report;
}

}  // namespace earshot::tools
