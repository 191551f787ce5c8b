#include "tools/detect/per_recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "batch/batch.h"
#include "detect/event_rules.h"
#include "detect/recording_scorer.h"
#include "detect/recording_scores_json.h"
#include "label/delimited.h"
#include "support/error.h"
#include "tools/batch_status.h"
#include "tools/detect/destination.h"
#include "tools/detect/inputs.h"
#include "tools/detect/open_model.h"
#include "tools/detect/resume.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

class PerRecording {
 public:
    PerRecording(const DetectOptions& options, Context& context)
        : options_(options),
          context_(context),
          opened_(open_model(options)),
          model_(opened_->file()),
          all_(batch::names_of(checked_inputs(options.inputs), &audio::Input::path)),
          inputs_(batch::part_of(all_, options.shard)),
          names_(batch::part_of(recording_names(all_), options.shard)),
          batch_(inputs_, {"detect", {}, "what could be decoded was scored"}, context.console) {
        check();
        rules_ =
            detect::make_event_rules(model_, options.rules, opened_->grid(options.overlap).hop_s).classes;
        resume();
        make_scorers();
    }

    Exit operator()() {
        const auto out = options_.output == "-" ? nullptr : open_text_output(options_.output);
        out_ = out ? out.get() : &context_.out;
        if (options_.shard.is_first()) out_->write(options_.with_scores ? "id,label,score\n" : "id,label\n");
        batch_.run_together<detect::RecordingScores>(
            scorers_.size(), together_,
            [&](std::span<const std::size_t> indices, int worker) { return score(indices, worker); },
            [&](std::size_t i, const detect::RecordingScores& scores) { write(i, scores); });
        if (batch_.failed() > 0)
            context_.console.note(fmt::format("{} of {} recordings failed", batch_.failed(), inputs_.size()));
        if (batch_.status() == batch::BatchStatus::failure && options_.shard.count == 1) return Exit::failure;
        if (out) out->close();  // of a part, whatever came of it, so that parts can be concatenated
        const auto status = batch_.finish();
        if (status != batch::BatchStatus::ok) return exit_of(status);
        return options_.exit_status && found_ == 0 ? Exit::negative : Exit::ok;
    }

 private:
    void check() const {
        const auto refuse = [](bool given, const char* option) {
            if (given) throw UsageError(fmt::format("--per-recording cannot be combined with {}", option));
        };
        refuse(options_.top > 0, "--top");
        refuse(!options_.format.empty(), "--format (it writes CSV)");
        refuse(!options_.rejected.empty(), "--rejected");
        refuse(!options_.rules.confirms.empty(), "--confirm");
        refuse(!options_.rules.suppressions.empty(), "--suppress");
        refuse(!options_.scores.empty(), "a file name for --scores (it adds a column)");
        refuse(options_.output.ends_with('/') || fs::is_directory(options_.output),
               "a directory for the output");
    }

    /// Scores depend neither on rules nor on what is written of them, so that a rerun may change these.
    void resume() {
        open_journal(journal_, opened_->hashes(), options_, {{"what", "recordings"}});
        if (!journal_) return;
        batch_.use_journal(*journal_, [](std::size_t) { return true; });
        if (batch_.done_before() > 0)
            context_.console.note(
                fmt::format("{} of {} recordings were already scored", batch_.done_before(), inputs_.size()));
    }

    void make_scorers() {
        const auto jobs = static_cast<std::size_t>(effective_jobs(options_.jobs));
        const auto count = batch_.todo().size();
        together_ = detect::recordings_together(count, jobs);
        const auto workers = std::clamp<std::size_t>((count + together_ - 1) / together_, 1, jobs);
        for (std::size_t i = 0; i < workers; ++i)
            scorers_.push_back(std::make_unique<detect::RecordingScorer>(opened_, options_.overlap));
    }

    std::vector<batch::Outcome<detect::RecordingScores>> score(std::span<const std::size_t> indices,
                                                               int worker) {
        std::vector<std::string> recordings;
        for (const std::size_t i : indices) recordings.push_back(inputs_[i]);
        auto& scorer = *scorers_[static_cast<std::size_t>(worker)];
        std::vector<batch::Outcome<detect::RecordingScores>> outcomes;
        for (auto& scores : scorer.score(recordings, options_.source)) {
            auto damage = std::move(scores.damage);
            auto problem = std::move(scores.problem);
            outcomes.push_back({std::move(scores), std::move(damage), std::move(problem)});
        }
        return outcomes;
    }

    void write(std::size_t i, const detect::RecordingScores& scores) {
        const auto [label, score] = answer(scores);
        out_->write(fmt::format("{},{}", label::csv_field(names_[i]), label::csv_field(label)));
        out_->write(options_.with_scores ? fmt::format(",{:.4f}\n", score) : "\n");
        if (options_.unbuffered) out_->flush();
    }

    /// The label with the highest score of those that reach their thresholds, else the background; and the
    /// highest score of all labels that are looked for, whether or not it reaches its threshold.
    std::pair<std::string, double> answer(const detect::RecordingScores& result) {
        std::size_t best = rules_.size(), likeliest = rules_.size();
        const auto higher = [&](std::size_t c, std::size_t than) {
            return than == rules_.size() || result.scores[c] > result.scores[than];
        };
        for (std::size_t c = 0; c < model_.labels.size(); ++c) {
            if (rules_[c].label.empty()) continue;  // not looked for
            if (higher(c, likeliest)) likeliest = c;
            if (static_cast<double>(result.scores[c]) >= rules_[c].on_threshold && higher(c, best)) best = c;
        }
        found_ += best < rules_.size();
        const double score = likeliest < rules_.size() ? static_cast<double>(result.scores[likeliest]) : 0;
        return {best < rules_.size() ? model_.labels[best] : model_.background, score};
    }

    DetectOptions options_;
    Context& context_;
    std::shared_ptr<const model::Model> opened_;
    const model::ModelFile& model_;
    std::vector<std::string> all_;     // inputs of all parts
    std::vector<std::string> inputs_;  // of ours
    std::vector<std::string> names_;
    batch::Batch batch_;
    std::vector<detect::EventRule> rules_;
    std::optional<batch::Journal> journal_;
    std::size_t together_ = 1;  // recordings that share a batch of windows
    std::vector<std::unique_ptr<detect::RecordingScorer>> scorers_;  // one per worker
    Output* out_ = nullptr;
    std::size_t found_ = 0;
};

}  // namespace

Exit detect_per_recording(const DetectOptions& options, Context& context) {
    return PerRecording(options, context)();
}

}  // namespace earshot::tools
