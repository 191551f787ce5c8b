#include "tools/detect/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "batch/parallel.h"
#include "dataset/framing.h"
#include "detect/event_writer.h"
#include "detect/listener.h"
#include "network/compute_threads.h"
#include "support/error.h"
#include "tools/detect/destination.h"
#include "tools/detect/inputs.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

/// What a recording came to; `problem` is why it came to nothing.
struct Outcome {
    std::vector<label::Event> events;  // that are not written yet
    std::size_t found = 0;
    std::vector<std::string> damage;
    std::string problem;
};

bool is_live(const std::string& input) { return input == "-"; }

class Batch {
 public:
    Batch(const DetectOptions& options, Context& context)
        : options_(options),
          context_(context),
          opened_(model::Model::open(options.model)),
          model_(opened_->file()),
          found_inputs_(part_of(checked_inputs(options.inputs), options.shard)),
          inputs_(paths_of(found_inputs_)),
          format_(options.format.empty() ? detect::event_format_of_name(options.output)
                                         : detect::parse_event_format(options.format)),
          events_(options.output, inputs_, detect::event_format_extension(format_), context.out),
          scores_(options.scores, inputs_, ".tsv", context.out) {
        check_destinations();
        options_.overlap = opened_->event_overlap(options_.overlap);
        const auto wanted = static_cast<std::size_t>(effective_jobs(options.jobs));
        workers_ = std::min(wanted, inputs_.size());
        // A single recording is decoded on a thread of its own, and what is left helps the network. Not live
        // sound, of which a thread ahead gathers more than we want to wait for.
        options_.source.ahead = wanted > workers_ && !is_live(inputs_.front());
        network::set_compute_threads(workers_ > 1 ? 1 : std::max(1, static_cast<int>(wanted) - 1));
        make_listeners();
        options_.source.rate_hz = listeners_.front()->rate_hz();
    }

    Exit operator()() {
        if (writes_events() && !events_.is_directory()) shared_ = event_writer(events_.shared());
        if (inputs_.size() > 1)
            context_.console.start_progress("detect", static_cast<double>(inputs_.size()));
        batch::ordered_parallel(
            inputs_.size(), static_cast<int>(workers_),
            [&](std::size_t i, int worker) { return work(i, worker); },
            [&](std::size_t i, const Outcome& outcome) { account(i, outcome); });
        context_.console.end_progress();
        if (failed_ == inputs_.size()) return Exit::failure;
        events_.close();
        scores_.close();
        if (failed_ > 0 || damaged_ > 0) return Exit::partial;
        return options_.exit_status && found_ == 0 ? Exit::negative : Exit::ok;
    }

 private:
    /// With scores on standard output, events go there only if -o says so.
    bool writes_events() const { return options_.scores != "-" || options_.output != "-"; }

    void check_destinations() const {
        const bool several = inputs_.size() > 1;
        if (several && detect::is_for_one_recording(format_) && !events_.is_directory()) {
            throw UsageError(
                fmt::format("{} recordings do not fit into one {} file (give a directory, -o DIR/)",
                            inputs_.size(), detect::event_format_names()[static_cast<std::size_t>(format_)]));
        }
        if (several && !options_.scores.empty() && !scores_.is_directory()) {
            throw UsageError(fmt::format(
                "scores of {} recordings do not fit into one file (give --scores=DIR/)", inputs_.size()));
        }
        if (options_.top > 0 && format_ == detect::EventFormat::labels_json) {
            throw UsageError("--top says several labels of the same time, which labels-json cannot");
        }
    }

    void make_listeners() {
        const auto rules =
            detect::make_event_rules(model_, options_.rules, opened_->grid(options_.overlap).hop_s);
        for (std::size_t i = 0; i < workers_; ++i)
            listeners_.push_back(std::make_unique<detect::Listener>(opened_, rules, options_.overlap));
    }

    std::unique_ptr<detect::EventWriter> event_writer(Output& output) const {
        detect::EventWriterOptions options;
        options.flush_each = options_.unbuffered || is_live(inputs_.front());
        if (!model_.background.empty()) options.gap_label = model_.background;
        return detect::make_event_writer(format_, output, options);
    }

    Outcome work(std::size_t i, int worker) {
        Outcome outcome;
        try {
            hear(i, *listeners_[static_cast<std::size_t>(worker)], outcome);
        } catch (const UsageError&) {
            throw;
        } catch (const WriteError&) {
            throw;
        } catch (const Error& error) {
            outcome.problem = fmt::format("{}: {}", inputs_[i], reason(error, inputs_[i]));
        }
        return outcome;
    }

    /// Events go where they belong at once if this is the only worker; else account() writes them in order.
    void hear(std::size_t i, detect::Listener& listener, Outcome& outcome) {
        const auto& input = inputs_[i];
        if (!found_inputs_[i].problem.empty()) throw Error(found_inputs_[i].problem);
        const auto source = audio::open_source(input, options_.source);
        std::unique_ptr<Output> event_file, score_file;
        std::unique_ptr<detect::EventWriter> own;
        if (events_.is_directory()) own = event_writer(*(event_file = events_.open(i)));
        detect::EventWriter* const writer = own ? own.get() : workers_ == 1 ? shared_.get() : nullptr;
        const detect::EventDetector::Sink sink = [&](const label::Event& event) {
            ++outcome.found;
            if (writer) {
                writer->write(input, event);
            } else if (shared_) {
                outcome.events.push_back(event);
            }
        };
        if (scores_.is_directory()) score_file = scores_.open(i);

        detect::ListenOptions listen;
        listen.name = input;
        listen.start_s = options_.source.start_s;
        listen.live = is_live(input);
        if (!options_.scores.empty()) listen.scores = score_file ? score_file.get() : &scores_.shared();
        listen.progress = progress_of(*source);
        const bool labels_only = options_.top > 0;
        const auto heard = listener.listen(*source, listen, labels_only ? [](const label::Event&) {} : sink);
        if (heard.windows == 0) {
            throw Error(fmt::format("{}: {:.3f} s of sound are too short for a window of {:g} s", input,
                                    heard.end_s - options_.source.start_s, listener.window_s()));
        }
        if (labels_only) write_top(heard, sink);
        if (own) own->end_recording(input);
        if (event_file) event_file->close();
        if (score_file) score_file->close();
        outcome.damage = dataset::damage_texts(*source);
    }

    /// The best labels of a recording as a whole: by mean score, whatever the thresholds.
    void write_top(const detect::Heard& heard, const detect::EventDetector::Sink& sink) const {
        std::vector<std::size_t> order(heard.mean_scores.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, std::greater(), [&](std::size_t c) { return heard.mean_scores[c]; });
        order.resize(std::min(order.size(), static_cast<std::size_t>(options_.top)));
        for (const std::size_t c : order) {
            sink({options_.source.start_s, heard.end_s, model_.labels[c], heard.mean_scores[c]});
        }
    }

    /// Of a single recording by seconds; of several, account() counts them.
    std::function<void(double)> progress_of(const audio::Source& source) {
        if (inputs_.size() > 1) return {};
        std::optional<double> total_s;
        if (const auto frames = source.frames())
            total_s = static_cast<double>(*frames) / source.format().rate_hz;
        context_.console.start_progress("detect, s",
                                        total_s ? std::optional(std::ceil(*total_s)) : std::nullopt);
        return [this](double heard_s) { context_.console.progress(heard_s); };
    }

    void account(std::size_t i, const Outcome& outcome) {
        auto& console = context_.console;
        if (inputs_.size() > 1) console.progress(static_cast<double>(i + 1), inputs_[i]);
        if (!outcome.problem.empty()) {
            ++failed_;
            console.error(outcome.problem);
            return;
        }
        for (const auto& event : outcome.events) shared_->write(inputs_[i], event);
        if (shared_) shared_->end_recording(inputs_[i]);
        found_ += outcome.found;
        if (outcome.damage.empty()) return;
        ++damaged_;
        const auto more = outcome.damage.size() - 1;
        console.warning(fmt::format("{}: damaged {}{}; what could be decoded was heard", inputs_[i],
                                    outcome.damage.front(),
                                    more == 0 ? "" : fmt::format(" and in {} more places", more)));
    }

    DetectOptions options_;
    Context& context_;
    std::shared_ptr<const model::Model> opened_;
    const model::ModelFile& model_;
    std::vector<audio::Input> found_inputs_;
    std::vector<std::string> inputs_;  // their paths
    detect::EventFormat format_;
    Destination events_, scores_;
    std::size_t workers_ = 1;
    std::vector<std::unique_ptr<detect::Listener>> listeners_;  // one a worker
    std::unique_ptr<detect::EventWriter> shared_;               // unless there is a file for each recording
    std::size_t found_ = 0, failed_ = 0, damaged_ = 0;
};

}  // namespace

Exit detect_batch(const DetectOptions& options, Context& context) {
    if (options.shard.count > 1 && part_of(checked_inputs(options.inputs), options.shard).empty())
        return Exit::ok;
    return Batch(options, context)();
}

}  // namespace earshot::tools
