#include "tools/detect/live.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <mutex>
#include <optional>

#include "live/clip_saver.h"
#include "live/live_listener.h"
#include "support/background_output.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "tools/detect/event_feed.h"
#include "tools/detect/event_programs.h"
#include "tools/detect/open_model.h"
#include "view/live_view.h"
#include "view/terminal.h"

namespace earshot::tools {
namespace {

constexpr double kPrograms_s = 5;  // for programs that are still running at the end
constexpr double kLast_s = 10;     // saved by a key of the view

volatile std::sig_atomic_t hung_up = 0;

extern "C" void remember_hangup(int) { hung_up = 1; }

void handle_hangup() {
    struct sigaction action {};
    action.sa_handler = remember_hangup;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGHUP, &action, nullptr);
}

/// Standard output, or a file that is appended to line by line: a log, which survives a crash.
int open_feed(const std::string& path) {
    if (path == "-") return STDOUT_FILENO;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0) throw WriteError(system_error(fmt::format("cannot write {}", path)).what());
    return descriptor;
}

void refuse_what_is_for_recordings(const DetectOptions& options) {
    const auto refuse = [](bool given, const char* what) {
        if (given) throw UsageError(fmt::format("{} cannot be combined with --device", what));
    };
    refuse(!options.inputs.empty(), "an INPUT");
    refuse(options.top > 0, "--top");
    refuse(!options.scores.empty(), "--scores");
    refuse(options.source.start_s > 0, "--start");
    refuse(options.output.ends_with('/'), "a directory as output");
    refuse(options.rejected.ends_with('/'), "a directory for --rejected");
    if (!options.rejected.empty() && options.rejected == options.output)
        throw UsageError(fmt::format("--rejected {0} would mix with events in {0} (name another place)",
                                     options.rejected));
    if (!options.format.empty() && options.format != "jsonl")
        throw UsageError(
            fmt::format("live events are always jsonl, not {} (convert them with jq)", options.format));
}

bool wants_view(const DetectOptions& options) {
    const auto& when = options.live.view;
    if (when == "never") return false;
    if (when == "auto" && (::isatty(STDOUT_FILENO) != 1 || options.live.device == "-")) return false;
    if (view::Terminal::available()) return true;
    if (when == "always") throw Error("--view always: no terminal to draw on");
    return false;
}

/// One run: the model, the device, and everything that receives its results.
class Live : public live::LiveSink, public view::ViewControl {
 public:
    Live(const DetectOptions& options, Context& context)
        : options_(options), context_(context), viewed_(wants_view(options)) {
        make_helpers();  // first, since they check their options
        auto opened = open_model();
        source_ = capture::open_device(options_.live.device, capture_options(opened.listener->rate_hz()));
        use(opened);
        add_sinks(std::move(opened.listener), opened.muted_within_s);
    }

    ~Live() override { drop_view(); }  // before what it shows is destroyed

    Exit operator()() {
        handle_hangup();
        context_.console.detail(fmt::format("listening to {}", options_.live.device));
        std::exception_ptr failure;
        try {
            listening_->run();
        } catch (const Error&) {
            failure = std::current_exception();  // rethrown once all results are written
        }
        close_view();
        finish();
        if (failure) std::rethrow_exception(failure);
        if (clips_ && clips_->totals().failed > 0) return Exit::failure;
        return options_.exit_status && listening_->totals().events == 0 ? Exit::negative : Exit::ok;
    }

 private:
    struct Opened {
        std::unique_ptr<detect::Listener> listener;
        std::vector<std::string> labels;
        std::vector<detect::EventRule> rules;  // of each label
        double muted_within_s = 0;             // the longest time of --suppress
    };

    Opened open_model() const {
        const auto model = tools::open_model(options_, model::Model::Use::live);
        const double overlap = model->event_overlap(options_.overlap);
        auto rules = detect::make_event_rules(model->file(), options_.rules, model->grid(overlap).hop_s);
        Opened opened{nullptr, model->file().labels, rules.classes, 0};
        opened.rules.resize(opened.labels.size());
        for (const auto& rule : rules.suppressions)
            opened.muted_within_s = std::max(opened.muted_within_s, rule.within_s);
        opened.listener = std::make_unique<detect::Listener>(model, std::move(rules), overlap);
        return opened;
    }

    void use(Opened& opened) {
        labels_ = std::move(opened.labels);
        rules_ = std::move(opened.rules);
    }

    capture::CaptureOptions capture_options(int rate_hz) {
        capture::CaptureOptions capture;
        capture.rate_hz = rate_hz;
        capture.channels = options_.source.channels;
        capture.raw = options_.source.raw;
        capture.reconnect = !options_.live.no_reconnect;
        capture.notify = [this](const capture::CaptureNotice& notice) { tell(notice.text); };
        return capture;
    }

    void make_helpers() {
        const auto& live = options_.live;
        const bool to_screen = options_.output == "-" && ::isatty(STDOUT_FILENO) == 1;
        if (!viewed_ || !to_screen) {
            FeedOptions feed;
            feed.device = live.device;
            feed.partial = live.partial;
            feed.stats_s = live.stats_s;
            feed.stats = [this] { return statistics_row(); };
            const auto name = options_.output == "-" ? std::string("standard output") : options_.output;
            feed_.emplace(output_.emplace(open_feed(options_.output), name), feed);
        }
        if (!options_.rejected.empty()) {
            const bool standard = options_.rejected == "-";
            if (standard && viewed_)
                throw UsageError("--rejected - would disturb the view (name a file, or give --view never)");
            rejected_.emplace(rejected_output_.emplace(open_feed(options_.rejected),
                                                       standard ? "standard output" : options_.rejected),
                              live.device);
        }
        if (!live.on_event.empty()) programs_.emplace(live.on_event, live.device, live.partial, viewed_);
    }

    void add_sinks(std::unique_ptr<detect::Listener> listener, double muted_within_s) {
        const auto& live = options_.live;
        const int rate_hz = listener->rate_hz();
        listening_.emplace(*source_, live.device, std::move(listener), options_.source.duration_s);
        if (feed_) listening_->add(*feed_);
        if (rejected_) listening_->add(*rejected_);
        const bool every_event = !live.save_clips.empty();
        if (every_event || viewed_) {
            live::ClipOptions clips;
            clips.directory = every_event ? live.save_clips : ".";
            clips.pre_s = live.pre_s;
            clips.post_s = live.post_s;
            clips.muted_within_s = muted_within_s;
            clips.device = live.device;
            listening_->add(history_.emplace(rate_hz, std::max(kLast_s, live::ClipSaver::history_s(clips))));
            clips_.emplace(clips, *history_);
            if (every_event) listening_->add(*clips_);
        }
        if (programs_) listening_->add(*programs_);
        if (viewed_) open_view(rate_hz);
        listening_->add(*this);
    }

    void open_view(int rate_hz) {
        view::ViewOptions view;
        view.device = options_.live.device;
        view.model = options_.model;
        view.rate_hz = rate_hz;
        view.labels = labels_;
        for (const auto& rule : rules_)
            view.thresholds.push_back(rule.label.empty() ? std::nan("") : rule.on_threshold);
        const std::lock_guard lock(view_mutex_);
        view_.emplace(view, *this);
        before_kill(view::restore_terminal);
        listening_->add(*view_);
    }

    void close_view() {
        if (!view_) return;
        drop_view();
        const auto& totals = listening_->totals();
        context_.console.note(fmt::format("{} events in {}{}", totals.events, clock_text(totals.heard_s),
                                          feed_ ? "" : " (-o FILE keeps them)"));
    }

    void drop_view() {
        const std::lock_guard lock(view_mutex_);
        view_.reset();
        before_kill(nullptr);
    }

    // ViewControl:
    void quit() override { listening_->stop(); }
    void pause(bool paused) override { source_->pause(paused); }
    void set_threshold(std::size_t label, double threshold) override {
        auto& rule = rules_[label];
        rule.off_threshold *= threshold / rule.on_threshold;  // keeps the ratio of the two
        rule.on_threshold = threshold;
        listening_->listener().set_thresholds(label, rule.on_threshold,
                                              std::min(rule.off_threshold, threshold));
    }
    std::string save() override { return fmt::format("saving {}", clips_->save_last(kLast_s)); }
    capture::CaptureStatistics statistics() const override { return source_->statistics(); }
    bool is_paused() const override { return source_->is_paused(); }
    bool is_lost() const override { return source_->is_lost(); }

    /// Shows a message in the view, or else on the console. Called from the capture's thread too.
    void tell(const std::string& text) {
        const std::lock_guard lock(view_mutex_);
        if (view_) {
            view_->say(text);
        } else {
            context_.console.warning(text);
        }
    }

    void turn() override {
        if (hung_up) {
            hung_up = 0;
            if (viewed_) {
                quit();  // the terminal is closed
            } else {
                reload();
            }
        }
        if (output_) output_->check();
        if (rejected_output_) rejected_output_->check();
        if (programs_ && !warned_of_programs_) warned_of_programs_ = warn_of(programs_->totals());
        if (clips_ && !warned_of_clips_) warned_of_clips_ = warn_of(clips_->totals());
    }

    void reload() {
        try {
            auto opened = open_model();
            listening_->replace(std::move(opened.listener));
            use(opened);
            context_.console.note(fmt::format("{}: reloaded", options_.model));
        } catch (const Interrupted&) {
            throw;
        } catch (const std::exception& error) {  // bad_alloc too: whatever is wrong with the new one
            tell(fmt::format("keeping the old model: {}", error.what()));
        }
    }

    bool warn_of(const live::ProgramRunner::Totals& totals) {
        if (totals.failed > 0) tell(fmt::format("--on-event {}: {}", options_.live.on_event, totals.problem));
        if (totals.dropped > 0)
            tell(fmt::format("--on-event {}: too slow, events are skipped", options_.live.on_event));
        return totals.failed + totals.dropped > 0;
    }

    bool warn_of(const live::ClipSaver::Totals& totals) {
        if (totals.failed > 0) tell(totals.problem);
        return totals.failed > 0;
    }

    nlohmann::ordered_json statistics_row() const {
        const auto& heard = listening_->totals();
        const auto capture = source_->statistics();
        nlohmann::ordered_json row{{"heard", rounded(heard.heard_s, 3)},
                                   {"windows", heard.windows},
                                   {"events", heard.events},
                                   {"gaps", heard.gaps},
                                   {"missing", rounded(heard.gaps_s, 3)},
                                   {"overruns", capture.overruns},
                                   {"reconnects", capture.reconnects},
                                   {"behind", rounded(capture.buffered_s, 3)}};
        if (capture.drift_ppm) row["drift_ppm"] = rounded(*capture.drift_ppm, 1);
        if (programs_) {
            const auto totals = programs_->totals();
            row["programs"] = {
                {"started", totals.started}, {"failed", totals.failed}, {"dropped", totals.dropped}};
        }
        if (clips_) row["clips"] = {{"saved", clips_->totals().saved}, {"failed", clips_->totals().failed}};
        return row;
    }

    void finish() {
        if (clips_) clips_->finish();
        if (output_) output_->close();
        if (rejected_output_) rejected_output_->close();
        if (programs_) {
            programs_->finish(kPrograms_s);
            const auto totals = programs_->totals();
            if (totals.failed + totals.dropped > 0) {
                context_.console.warning(
                    fmt::format("--on-event: {} programs started, {} failed; {} events skipped",
                                totals.started, totals.failed, totals.dropped));
            }
        }
        if (clips_ && clips_->totals().failed > 0)
            context_.console.warning(fmt::format("--save-clips: {} clips saved, {} not saved",
                                                 clips_->totals().saved, clips_->totals().failed));
    }

    const DetectOptions& options_;
    Context& context_;
    const bool viewed_;
    std::vector<std::string> labels_;
    std::vector<detect::EventRule> rules_;  // of each
    std::optional<BackgroundOutput> output_, rejected_output_;
    std::unique_ptr<capture::LiveSource> source_;
    std::optional<live::SoundHistory> history_;
    std::optional<EventFeed> feed_;
    std::optional<RejectionFeed> rejected_;
    std::optional<live::ClipSaver> clips_;
    std::optional<EventPrograms> programs_;
    std::optional<live::LiveListener> listening_;
    std::mutex view_mutex_;  // of whether there is one
    std::optional<view::LiveView> view_;
    bool warned_of_programs_ = false, warned_of_clips_ = false;
};

}  // namespace

Exit detect_live(const DetectOptions& options, Context& context) {
    refuse_what_is_for_recordings(options);
    return Live(options, context)();
}

}  // namespace earshot::tools
