#include "tools/locate/locate_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <filesystem>

#include "capture/live_source.h"
#include "dataset/framing.h"
#include "locate/event_locator.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "support/time_text.h"
#include "tools/batch_status.h"
#include "tools/locate/array_option.h"
#include "tools/locate/compass.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReadFrames = 4096;
// Onsets are rounded, and events that begin together may come in any order.
constexpr double kLeeway_s = 0.05;

bool is_live(const std::string& input) { return input == "-"; }

/// In dry air; within 0.2 % of the full formula between -30 and 50 degrees.
double speed_of_sound(double temperature_c) { return 331.3 * std::sqrt(1 + temperature_c / 273.15); }

bool knows_control_sequences() {
    const char* terminal = std::getenv("TERM");
    return terminal && std::string_view(terminal) != "dumb";
}

}  // namespace

LocateRun::LocateRun(const LocateOptions& options, Context& context) : options_(options), context_(context) {
    found_inputs_ = audio::find_inputs(options.inputs);
    inputs_ = batch::names_of(found_inputs_, &audio::Input::path);
    if (inputs_.size() == 1 && !found_inputs_.front().problem.empty())
        throw Error(fmt::format("{}: {}", inputs_.front(), found_inputs_.front().problem));
    check_request();
    const bool anything =
        std::ranges::any_of(found_inputs_, [](const audio::Input& input) { return input.problem.empty(); });
    if (anything || !options.device.empty()) {
        if (options.array.empty())
            throw UsageError("--array is required (give the microphone array, a name or a file)");
        geometry_ = open_array(options.array);
        auto& finder = options_.finder;
        finder.method = locate::parse_method(options.method);
        finder.speed_of_sound = options.temperature_c
                                    ? speed_of_sound(*options.temperature_c)
                                    : geometry_->speed_of_sound.value_or(speed_of_sound(20));
        options_.source.channels.kind = audio::ChannelChoice::Kind::all;
        if (!options.save_audio.empty()) {
            audio_ = std::make_unique<EventAudio>(options.save_audio, locate::parse_beam(options.beam),
                                                  *geometry_, finder.speed_of_sound);
        }
    }
    if (!options.scene.empty()) {
        scene_ = std::make_unique<scene::SceneFile>(options.scene, options.scene_settings);
        if (scene_->warning()) context.console.warning(*scene_->warning());
    }
    if (options.output != "-") output_ = open_text_output(options.output);
    const bool live =
        !options.device.empty() || options.events == "-" || (!inputs_.empty() && is_live(inputs_.front()));
    rows_.emplace(output_ ? *output_ : context.out, options.unbuffered || live);
}

/// @throws UsageError for options that conflict
void LocateRun::check_request() const {
    for (const auto& input : inputs_) refuse_terminal(input);
    if (!options_.events.empty()) refuse_terminal(options_.events);
    if (!options_.device.empty()) {
        if (!inputs_.empty() || !options_.events.empty() || !options_.scene.empty())
            throw UsageError("--device cannot be combined with recordings, --events or --scene");
        return;
    }
    if (inputs_.empty() && (options_.scene.empty() || options_.events.empty())) {
        throw UsageError(
            "nothing to do (give a recording, --device, or --scene with --events, --summary, --heatmap or "
            "--recent)");
    }
    if (!options_.events.empty() && inputs_.size() > 1)
        throw UsageError("--events describes one recording (give one input)");
    if (options_.events == "-" && !inputs_.empty() && inputs_.front() == "-")
        throw UsageError("standard input can be read only once, as sound or as events");
    if (!options_.scene.empty() && options_.events.empty())
        throw UsageError("--scene learns from labelled events (give --events, from earshot detect)");
    const bool again = !inputs_.empty() && inputs_.front() != "-" && !audio::is_url(inputs_.front());
    if (!options_.save_audio.empty() && (options_.events.empty() || !again))
        throw UsageError(
            "--save-audio needs --events and a recording that is a file, since it is read twice");
}

Exit LocateRun::operator()() {
    auto status = batch::BatchStatus::ok;
    if (!options_.device.empty()) {
        listen();
    } else if (inputs_.empty()) {
        pass_events();
    } else {
        status = locate_all();
    }
    context_.console.end_progress();
    if (scene_) scene_->save();
    if (output_ && status != batch::BatchStatus::failure) output_->close();
    return exit_of(status);
}

/// One after the other, since each is written while it is read.
batch::BatchStatus LocateRun::locate_all() {
    std::string events_problem;
    batch::Batch batch(inputs_, {"", {}, "what could be decoded was located"}, context_.console);
    batch.run<batch::Nothing>(
        1,
        [&](std::size_t i, int, batch::Outcome<batch::Nothing>& outcome) {
            if (!found_inputs_[i].problem.empty()) throw Error(found_inputs_[i].problem);
            const auto source = audio::open_source(inputs_[i], options_.source);
            try {
                locate(inputs_[i], *source);
            } catch (const EventError& error) {  // the batch would name the recording
                events_problem = error.what();
                return;
            }
            outcome.damage = dataset::damage_texts(*source);
        },
        [](std::size_t, batch::Nothing) {});
    if (events_problem.empty()) return batch.status();
    context_.console.error(events_problem);
    return batch::BatchStatus::failure;
}

void LocateRun::locate(const std::string& input, audio::Source& source) {
    check_channels(input, source.format());
    start_progress(source);
    if (options_.events.empty()) {
        track(input, source);
    } else {
        place_events(input, source);
    }
}

void LocateRun::check_channels(const std::string& input, audio::AudioFormat format) const {
    if (format.channels < geometry_->channels) {
        throw Error(fmt::format("{}: {} channel{}, but the array {} has {} (check --array)", input,
                                format.channels, format.channels == 1 ? "" : "s", options_.array,
                                geometry_->channels));
    }
}

void LocateRun::start_progress(const audio::Source& source) {
    std::optional<double> total_s;
    if (const auto frames = source.frames())
        total_s = std::ceil(static_cast<double>(*frames) / source.format().rate_hz);
    context_.console.start_progress("locate, s", total_s);
}

void LocateRun::track(const std::string& input, audio::Source& source) {
    const auto format = source.format();
    locate::Locator locator(*geometry_, format.rate_hz, format.channels, options_.finder,
                            options_.updates_hz);
    const locate::Locator::Sink sink = [&](const locate::Update& update) {
        Json row = Json::object();
        if (inputs_.size() > 1) row["file"] = input;
        write_update(update, options_.source.start_s, std::move(row));
    };
    read(source, [&](std::span<const float> block, double) { locator.push(block, sink); });
    locator.finish(sink);
}

/// @param row  what comes first
void LocateRun::write_update(const locate::Update& update, double begin_s, Json row) {
    row["onset"] = rounded(begin_s + update.onset_s, 3);
    row["offset"] = rounded(begin_s + update.offset_s, 3);
    row["vad"] = update.active;
    locate::append_position(row, update.position, options_.zones);
    row["track"] = update.track ? Json(*update.track) : Json(nullptr);
    rows_->write(row);
}

void LocateRun::listen() {
    const auto source = capture::open_device(
        options_.device,
        {.rate_hz = {},
         .device_channels = geometry_->channels,
         .channels = {audio::ChannelChoice::Kind::all, 0},
         .raw = options_.source.raw,
         .notify = [this](const capture::CaptureNotice& n) { context_.console.note(n.text); }});
    const auto format = source->format();
    check_channels(options_.device, format);
    std::optional<locate::Locator> locator;
    double begin_s = 0;
    UtcTime begin;
    std::optional<Compass> compass;
    if (!output_ && context_.out.is_terminal() && knows_control_sequences())
        compass.emplace(context_.out, options_.zones);
    const locate::Locator::Sink sink = [&](const locate::Update& update) {
        if (compass) return compass->show(update, begin_s + update.onset_s);
        const auto onset = begin + std::chrono::microseconds(std::llround(update.onset_s * 1e6));
        write_update(update, begin_s, Json{{"time", utc_text(onset)}});
    };
    // The first interrupt ends the source.
    for (auto block = source->read(kReadFrames); !block.empty(); block = source->read(kReadFrames)) {
        const auto& time = source->time();
        // After a gap, earlier sound says nothing about what follows.
        if (!locator || time.gap) {
            if (locator) locator->finish(sink);
            locator.emplace(*geometry_, format.rate_hz, format.channels, options_.finder,
                            options_.updates_hz);
            begin_s = static_cast<double>(time.position) / format.rate_hz;
            begin = time.utc;
        }
        locator->push(block, sink);
    }
    if (locator) locator->finish(sink);
}

void LocateRun::place_events(const std::string& input, audio::Source& source) {
    const auto format = source.format();
    locate::EventLocator locator(*geometry_, format.rate_hz, format.channels, options_.finder);
    EventLines lines(options_.events);
    std::deque<GivenEvent> waiting;  // not yet located
    const locate::EventLocator::Sink sink = [&](std::size_t,
                                                const std::optional<locate::Position>& position) {
        write_event(input, waiting.front(), position);
        waiting.pop_front();
    };
    const double start_s = options_.source.start_s;
    double last_onset_s = 0;
    auto next = next_event(lines, input);
    read(source, [&](std::span<const float> block, double begin_s) {
        const double end_s = begin_s + static_cast<double>(block.size()) / format.channels / format.rate_hz;
        while (next && next->onset_s - start_s < end_s) {
            if (next->onset_s < last_onset_s - kLeeway_s)
                throw EventError(lines.where() +
                                 ": begins before the event of an earlier line (sort events by onset)");
            last_onset_s = next->onset_s;
            locator.add(next->onset_s - start_s, next->offset_s - start_s);
            waiting.push_back(std::move(*next));
            next = next_event(lines, input);
        }
        locator.push(block, sink);
    });
    locator.finish(sink);
    // Events past the end of the sound are passed on unchanged.
    for (; next; next = next_event(lines, input)) write_event(input, *next, {});
}

/// Events without sound: for the scene, which learns their times.
void LocateRun::pass_events() {
    EventLines lines(options_.events);
    try {
        while (auto event = lines.next()) {
            check_interrupt();
            event->row["unusual"] = anomalies_of(*event, {});
            rows_->write(event->row);
            scene_->save_now_and_then();
        }
    } catch (const Interrupted&) {
        if (options_.events != "-") throw;  // of a file, something would be missing
    }
}

/// The next event of this recording.
std::optional<GivenEvent> LocateRun::next_event(EventLines& lines, const std::string& input) const {
    namespace fs = std::filesystem;
    while (auto event = lines.next()) {
        const auto file = event->row.find("file");
        const bool other = file != event->row.end() && file->is_string() && *file != "-" && input != "-" &&
                           fs::path(file->get<std::string>()).filename() != fs::path(input).filename();
        if (!other) return event;
    }
    return {};
}

void LocateRun::write_event(const std::string& input, GivenEvent& event,
                            const std::optional<locate::Position>& position) {
    locate::append_position(event.row, position, options_.zones);
    if (audio_)
        event.row["audio"] =
            position ? Json(audio_->save(input, options_.source, event, position->fix)) : Json(nullptr);
    if (scene_) {
        event.row["unusual"] = anomalies_of(event, position);
        scene_->save_now_and_then();
    }
    rows_->write(event.row);
}

Json LocateRun::anomalies_of(const GivenEvent& event, const std::optional<locate::Position>& position) {
    const auto& row = event.row;
    scene::SceneEvent told{"", {}, {}, event.onset_s};
    if (row.contains("label") && row["label"].is_string()) told.label = row["label"].get<std::string>();
    if (position && !position->ambiguous) told.azimuth_deg = position->fix.azimuth_deg;
    // An event that already has a direction keeps it.
    if (!geometry_ && row.contains("azimuth") && row["azimuth"].is_number())
        told.azimuth_deg = row["azimuth"].get<double>();
    if (row.contains("time") && row["time"].is_string()) {
        if (const auto time = parse_utc(row["time"].get<std::string>())) {
            told.time = std::chrono::floor<std::chrono::seconds>(*time);
            told.at_s = std::chrono::duration<double>(time->time_since_epoch()).count();
        }
    }
    Json found = Json::array();
    for (const auto& anomaly : scene_->scene().observe(told)) {
        if (anomaly.kind == scene::Anomaly::Kind::time) {
            found.push_back({{"kind", "time"}, {"message", anomaly.message}});
            continue;
        }
        found.push_back({{"kind", "direction"},
                         {"message", anomaly.message},
                         {"expected", rounded(anomaly.expected_deg, 1)},
                         {"actual", rounded(anomaly.actual_deg, 1)},
                         {"deviation", rounded(anomaly.deviation_deg, 1)}});
    }
    return found;
}

template <class Use>
void LocateRun::read(audio::Source& source, const Use& use) {
    const auto format = source.format();
    std::int64_t frames = 0;
    try {
        for (auto block = source.read(kReadFrames); !block.empty(); block = source.read(kReadFrames)) {
            check_interrupt();
            use(block, static_cast<double>(frames) / format.rate_hz);
            frames += static_cast<std::int64_t>(block.size()) / format.channels;
            context_.console.progress(static_cast<double>(frames) / format.rate_hz);
        }
    } catch (const Interrupted&) {
        // That ends a stream; in a file, something would be missing.
        if (!is_live(inputs_.front())) throw;
    }
}

}  // namespace earshot::tools
