#include "tools/detect/per_recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "batch/parallel.h"
#include "detect/event_rules.h"
#include "detect/recording_scorer.h"
#include "detect/score_journal.h"
#include "label/delimited.h"
#include "network/compute_threads.h"
#include "support/error.h"
#include "tools/detect/destination.h"
#include "tools/detect/inputs.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

class PerRecording {
 public:
    PerRecording(const DetectOptions& options, Context& context)
        : options_(options),
          context_(context),
          opened_(model::Model::open(options.model)),
          model_(opened_->file()) {
        check();
        const auto all = paths_of(checked_inputs(options.inputs));
        inputs_ = part_of(all, options.shard);
        names_ = part_of(recording_names(all), options.shard);
        rules_ =
            detect::make_event_rules(model_, options.rules, opened_->grid(options.overlap).hop_s).classes;
        if (options.output != "-" && (!fs::exists(options.output) || fs::is_regular_file(options.output)))
            open_journal();
        choose_work();
        make_scorers();
    }

    Exit operator()() {
        const auto out = options_.output == "-" ? nullptr : open_text_output(options_.output);
        out_ = out ? out.get() : &context_.out;
        if (options_.shard.index == 1) out_->write(options_.with_scores ? "id,label,score\n" : "id,label\n");
        context_.console.start_progress("detect", static_cast<double>(todo_.size()));
        batch::ordered_parallel((todo_.size() + batch_ - 1) / batch_, static_cast<int>(scorers_.size()),
                                [&](std::size_t i, int worker) {
                                    return scorers_[static_cast<std::size_t>(worker)]->score(batch(i),
                                                                                             options_.source);
                                },
                                [&](std::size_t i, std::vector<detect::RecordingScores> scores) {
                                    account(i, std::move(scores));
                                });
        context_.console.end_progress();
        write_up_to(inputs_.size());
        if (inputs_.empty() || failed_ < inputs_.size()) {
            if (out) out->close();
            if (journal_) journal_->remove();
        }
        if (failed_ > 0)
            context_.console.note(fmt::format("{} of {} recordings failed", failed_, inputs_.size()));
        if (failed_ == inputs_.size() && failed_ > 0) return Exit::failure;
        if (failed_ > 0 || damaged_ > 0) return Exit::partial;
        return options_.exit_status && found_ == 0 ? Exit::negative : Exit::ok;
    }

 private:
    void check() const {
        const auto refuse = [](bool given, const char* option) {
            if (given) throw UsageError(fmt::format("--per-recording and {} exclude each other", option));
        };
        refuse(options_.top > 0, "--top");
        refuse(!options_.format.empty(), "--format (it writes CSV)");
        refuse(!options_.scores.empty(), "a place for --scores (it adds a column)");
        refuse(options_.output.ends_with('/') || fs::is_directory(options_.output),
               "a directory for the output");
    }

    /// Beside the output, so that it is found again; hidden, since it is nobody's but ours.
    void open_journal() {
        const fs::path output(options_.output);
        const auto& source = options_.source;
        Json settings{{"earshot", EARSHOT_VERSION},
                      {"model", opened_->hashes().description},
                      {"weights", opened_->hashes().weights},
                      {"overlap", options_.overlap},
                      {"start", source.start_s},
                      {"channels", {static_cast<int>(source.channels.kind), source.channels.index}}};
        if (source.duration_s) settings["duration"] = *source.duration_s;
        if (source.raw) settings["raw"] = {source.raw->encoding, source.raw->rate_hz, source.raw->channels};
        journal_.emplace(
            (output.parent_path() / fmt::format(".{}.journal", output.filename().string())).string(),
            settings);
    }

    /// What no earlier run has done.
    void choose_work() {
        results_.resize(inputs_.size());
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            const auto* done = journal_ ? journal_->find(inputs_[i]) : nullptr;
            if (done) {
                results_[i] = *done;
            } else {
                todo_.push_back(inputs_[i]);
                places_.push_back(i);
            }
        }
        if (todo_.size() < inputs_.size())
            context_.console.note(fmt::format("{} of {} recordings were scored before",
                                              inputs_.size() - todo_.size(), inputs_.size()));
    }

    void make_scorers() {
        const auto jobs = static_cast<std::size_t>(effective_jobs(options_.jobs));
        batch_ = detect::recordings_together(todo_.size(), jobs);
        const auto workers = std::clamp<std::size_t>((todo_.size() + batch_ - 1) / batch_, 1, jobs);
        network::set_compute_threads(workers > 1 ? 1 : static_cast<int>(jobs));
        for (std::size_t i = 0; i < workers; ++i)
            scorers_.push_back(std::make_unique<detect::RecordingScorer>(opened_, options_.overlap));
    }

    std::span<const std::string> batch(std::size_t i) const {
        return std::span(todo_).subspan(i * batch_, std::min(batch_, todo_.size() - i * batch_));
    }

    void account(std::size_t number, std::vector<detect::RecordingScores> scores) {
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const std::size_t place = places_[number * batch_ + i];
            if (journal_) journal_->add(inputs_[place], scores[i]);
            results_[place] = std::move(scores[i]);
        }
        if (journal_) journal_->sync();
        const std::size_t done = std::min((number + 1) * batch_, todo_.size());
        context_.console.progress(static_cast<double>(done), inputs_[places_[done - 1]]);
        write_up_to(places_[done - 1] + 1);
    }

    /// Rows come in the order of the inputs, those of earlier runs among them.
    void write_up_to(std::size_t end) {
        for (; written_ < end; ++written_) {
            if (results_[written_]) write(written_, *std::exchange(results_[written_], std::nullopt));
        }
    }

    void write(std::size_t i, const detect::RecordingScores& result) {
        auto& console = context_.console;
        if (!result.problem.empty()) {
            ++failed_;
            return console.error(result.problem);
        }
        const auto [label, score] = answer(result);
        out_->write(fmt::format("{},{}", label::csv_field(names_[i]), label::csv_field(label)));
        out_->write(options_.with_scores ? fmt::format(",{:.4f}\n", score) : "\n");
        if (options_.unbuffered) out_->flush();
        if (result.damage.empty()) return;
        ++damaged_;
        console.warning(fmt::format("{}: damaged {}; what could be decoded was heard", inputs_[i],
                                    result.damage.front()));
    }

    /// The likeliest of the labels that reach their thresholds, else the background; and how likely the
    /// likeliest label that is looked for is, whether it reaches its threshold or not.
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
    std::vector<std::string> inputs_, names_;
    std::vector<detect::EventRule> rules_;
    std::optional<detect::ScoreJournal> journal_;
    std::vector<std::string> todo_;
    std::vector<std::size_t> places_;                                // of todo_ among the inputs
    std::size_t batch_ = 1;                                          // recordings
    std::vector<std::unique_ptr<detect::RecordingScorer>> scorers_;  // one a worker
    std::vector<std::optional<detect::RecordingScores>> results_;    // of inputs that are not written yet
    Output* out_ = nullptr;
    std::size_t written_ = 0, found_ = 0, failed_ = 0, damaged_ = 0;
};

}  // namespace

Exit detect_per_recording(const DetectOptions& options, Context& context) {
    return PerRecording(options, context)();
}

}  // namespace earshot::tools
