#include "tools/detect/batch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>

#include "batch/batch.h"
#include "dataset/content_hash.h"
#include "dataset/framing.h"
#include "detect/event_writer.h"
#include "detect/found_events.h"
#include "detect/listener.h"
#include "support/error.h"
#include "support/json_lines.h"
#include "tools/batch_status.h"
#include "tools/detect/destination.h"
#include "tools/detect/inputs.h"
#include "tools/detect/open_model.h"
#include "tools/detect/resume.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using Found = batch::Outcome<detect::FoundEvents>;

bool is_live(const std::string& input) { return input == "-"; }

class EventBatch {
 public:
    EventBatch(const DetectOptions& options, Context& context)
        : options_(options),
          context_(context),
          opened_(open_model(options)),
          model_(opened_->file()),
          all_(checked_inputs(options.inputs)),
          found_inputs_(batch::part_of(all_, options.shard)),
          inputs_(batch::names_of(found_inputs_, &audio::Input::path)),
          names_(batch::part_of(recording_names(batch::names_of(all_, &audio::Input::path)), options.shard)),
          format_(options.format.empty() ? detect::event_format_of_name(options.output)
                                         : detect::parse_event_format(options.format)),
          events_(options.output, names_, detect::event_format_extension(format_), context.out),
          scores_(options.scores, names_, ".tsv", context.out),
          rejected_(options.rejected, names_, ".jsonl", context.out),
          live_(!inputs_.empty() && is_live(inputs_.front())),
          batch_(inputs_, {inputs_.size() > 1 ? "detect" : "", {}, "what could be decoded was scored"},
                 context.console) {
        check_destinations();
        resume();
        options_.overlap = opened_->event_overlap(options_.overlap);
        choose_workers();
        make_listeners();
        options_.source.rate_hz = listeners_.front()->rate_hz();
    }

    Exit operator()() {
        if (writes_events() && !events_.is_directory()) shared_ = event_writer(events_.shared());
        if (writes_rejected() && !rejected_.is_directory()) rejected_.shared();  // though it may stay empty
        batch_.run<detect::FoundEvents>(
            workers_, [&](std::size_t i, int worker, Found& found) { hear(i, worker, found); },
            [&](std::size_t i, const detect::FoundEvents& found) { write(i, found); });
        if (batch_.status() == batch::BatchStatus::failure && options_.shard.count == 1) return Exit::failure;
        events_.close();  // of a part, whatever came of it, so that parts can be concatenated
        scores_.close();
        rejected_.close();
        const auto status = batch_.finish();
        if (status != batch::BatchStatus::ok) return exit_of(status);
        return options_.exit_status && found_ == 0 ? Exit::negative : Exit::ok;
    }

 private:
    /// With scores on standard output, events go there only if -o says so.
    bool writes_events() const { return options_.scores != "-" || options_.output != "-"; }
    bool writes_rejected() const { return !options_.rejected.empty(); }

    void check_destinations() const {
        const bool several = all_.size() > 1;
        if (several && detect::is_for_one_recording(format_) && !events_.is_directory()) {
            throw UsageError(
                fmt::format("{} recordings cannot go into one {} file (give a directory, -o DIR/)",
                            all_.size(), detect::event_format_names()[static_cast<std::size_t>(format_)]));
        }
        if (several && !options_.scores.empty() && !scores_.is_directory()) {
            throw UsageError(fmt::format(
                "scores of {} recordings cannot go into one file (give --scores=DIR/)", all_.size()));
        }
        if (writes_rejected()) check_rejected();
        if (options_.top > 0 && format_ == detect::EventFormat::labels_json) {
            throw UsageError(
                "--top writes several labels for the same time, which labels-json cannot express");
        }
    }

    void check_rejected() const {
        if (options_.top > 0)
            throw UsageError("--rejected cannot be combined with --top, which looks for no events");
        // With a slash at the end of both, so that a directory is the same with and without it.
        const auto place = [](const std::string& path) { return (fs::path(path) / "").lexically_normal(); };
        if (place(options_.output) == place(options_.rejected) ||
            (options_.rejected == "-" && options_.scores == "-"))
            throw UsageError(fmt::format(
                "--rejected {0} would mix with other output in {0} (name another place)", options_.rejected));
    }

    /// What an earlier run has finished is not done again.
    void resume() {
        if (inputs_.size() < 2 || std::ranges::any_of(inputs_, is_live)) return;
        auto settings = event_settings(options_);
        if (events_.is_directory() || scores_.is_directory() || rejected_.is_directory())
            settings["names"] = dataset::content_hash(fmt::format("{}", fmt::join(names_, "\n")));
        open_journal(journal_, opened_->hashes(), options_, settings);
        if (!journal_) return;
        batch_.use_journal(*journal_, [&](std::size_t i) {
            return events_.has(i) && scores_.has(i) && (!writes_rejected() || rejected_.has(i));
        });
        if (batch_.done_before() > 0)
            context_.console.note(
                fmt::format("{} of {} recordings were already scored", batch_.done_before(), inputs_.size()));
    }

    /// A single recording is decoded on a thread of its own, and the processors that are left help the
    /// network. Not live sound, which must not wait in a queue of blocks.
    void choose_workers() {
        const auto wanted = static_cast<std::size_t>(effective_jobs(options_.jobs));
        workers_ = std::clamp<std::size_t>(batch_.todo().size(), 1, wanted);
        options_.source.ahead = wanted > workers_ && !live_;
    }

    void make_listeners() {
        const auto rules =
            detect::make_event_rules(model_, options_.rules, opened_->grid(options_.overlap).hop_s);
        for (std::size_t i = 0; i < workers_; ++i)
            listeners_.push_back(std::make_unique<detect::Listener>(opened_, rules, options_.overlap));
    }

    std::unique_ptr<detect::EventWriter> event_writer(Output& output) const {
        detect::EventWriterOptions options;
        options.flush_each = options_.unbuffered || live_;
        options.header = events_.is_directory() || options_.shard.is_first();
        if (!model_.background.empty()) options.gap_label = model_.background;
        return detect::make_event_writer(format_, output, options);
    }

    /// The next recording in order is written while it is scored; others wait for their turn.
    bool writes_at_once(std::size_t i) const {
        return inputs_.size() == 1 || (workers_ == 1 && is_live(inputs_[i]));
    }

    void hear(std::size_t i, int worker, Found& found) {
        const auto& input = inputs_[i];
        if (!found_inputs_[i].problem.empty()) throw Error(found_inputs_[i].problem);
        const auto source = audio::open_source(input, options_.source);
        std::unique_ptr<Output> event_file, score_file, rejected_file;
        std::unique_ptr<detect::EventWriter> own;
        if (events_.is_directory()) own = event_writer(*(event_file = events_.open(i)));
        detect::EventWriter* const writer = own ? own.get() : writes_at_once(i) ? shared_.get() : nullptr;
        const detect::EventDetector::Sink sink = [&](const label::Event& event) {
            ++found.result.count;
            if (writer) {
                writer->write(input, event);
            } else if (shared_) {
                found.result.events.push_back(event);
            }
        };
        if (scores_.is_directory()) score_file = scores_.open(i);
        Output* const scores = options_.scores.empty() ? nullptr
                               : score_file            ? score_file.get()
                                                       : &scores_.shared();
        if (writes_rejected() && rejected_.is_directory()) rejected_file = rejected_.open(i);
        const auto rejected = rejection_sink(i, rejected_file.get(), found.result);
        listen(i, *source, *listeners_[static_cast<std::size_t>(worker)], scores, sink, rejected);
        if (own) own->end_recording(input);
        if (event_file) event_file->close();
        if (score_file) score_file->close();
        if (rejected_file) rejected_file->close();
        found.damage = dataset::damage_texts(*source);
    }

    /// @param own  file of the recording, if it has one
    detect::RejectionSink rejection_sink(std::size_t i, Output* own, detect::FoundEvents& found) {
        if (!writes_rejected()) return {};
        Output* const output = own ? own : writes_at_once(i) ? &rejected_.shared() : nullptr;
        return [this, i, output, &found](const detect::Rejection& rejection) {
            auto row = detect::rejection_row(inputs_[i], rejection);
            if (output) {
                JsonLines(*output, options_.unbuffered || live_).write(row);
            } else {
                found.rejected.push_back(std::move(row));
            }
        };
    }

    void listen(std::size_t i, audio::Source& source, detect::Listener& listener, Output* scores,
                const detect::EventDetector::Sink& sink, const detect::RejectionSink& rejected) {
        const auto& input = inputs_[i];
        detect::ListenOptions listen;
        listen.name = input;
        listen.start_s = options_.source.start_s;
        listen.live = is_live(input);
        listen.scores = scores;
        listen.on_reject = rejected;
        listen.progress = progress_of(source);
        const bool labels_only = options_.top > 0;
        const auto heard = listener.listen(source, listen, labels_only ? [](const label::Event&) {} : sink);
        if (heard.windows == 0) {
            throw Error(fmt::format("{}: {:.3f} s of sound is too short for a window of {:g} s", input,
                                    heard.end_s - options_.source.start_s, listener.window_s()));
        }
        if (labels_only) write_top(heard, sink);
    }

    /// The labels with the highest mean scores over the recording, regardless of thresholds.
    void write_top(const detect::Heard& heard, const detect::EventDetector::Sink& sink) const {
        std::vector<std::size_t> order(heard.mean_scores.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, std::greater(), [&](std::size_t c) { return heard.mean_scores[c]; });
        order.resize(std::min(order.size(), static_cast<std::size_t>(options_.top)));
        for (const std::size_t c : order) {
            sink({options_.source.start_s, heard.end_s, model_.labels[c], heard.mean_scores[c]});
        }
    }

    /// Of a single recording, by seconds; several are counted by the batch.
    std::function<void(double)> progress_of(const audio::Source& source) {
        if (inputs_.size() > 1) return {};
        std::optional<double> total_s;
        if (const auto frames = source.frames())
            total_s = static_cast<double>(*frames) / source.format().rate_hz;
        context_.console.start_progress("detect, s",
                                        total_s ? std::optional(std::ceil(*total_s)) : std::nullopt);
        return [this](double heard_s) { context_.console.progress(heard_s); };
    }

    void write(std::size_t i, const detect::FoundEvents& found) {
        for (const auto& event : found.events) shared_->write(inputs_[i], event);
        if (shared_) shared_->end_recording(inputs_[i]);
        for (const auto& row : found.rejected) JsonLines(rejected_.shared(), options_.unbuffered).write(row);
        found_ += found.count;
    }

    DetectOptions options_;
    Context& context_;
    std::shared_ptr<const model::Model> opened_;
    const model::ModelFile& model_;
    std::vector<audio::Input> all_;           // of all parts
    std::vector<audio::Input> found_inputs_;  // of ours
    std::vector<std::string> inputs_;         // their paths
    std::vector<std::string> names_;          // of their files
    detect::EventFormat format_;
    Destination events_, scores_, rejected_;
    bool live_;
    batch::Batch batch_;
    std::optional<batch::Journal> journal_;
    std::size_t workers_ = 1;
    std::vector<std::unique_ptr<detect::Listener>> listeners_;  // one per worker
    std::unique_ptr<detect::EventWriter> shared_;               // unless there is a file for each recording
    std::size_t found_ = 0;
};

}  // namespace

Exit detect_batch(const DetectOptions& options, Context& context) { return EventBatch(options, context)(); }

}  // namespace earshot::tools
