#include "live/clip_saver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <exception>
#include <utility>
#include <variant>

#include "audio/writer.h"
#include "live/live_json.h"
#include "support/error.h"
#include "support/json_lines.h"
#include "support/output.h"

namespace earshot::live {
namespace {

/// The end of an event is known only some time later, because of windows, smoothing and merging. Sound stays
/// in the history for this long before it is written to the file of an event that may continue.
constexpr double kHold_s = 15;
constexpr double kChunk_s = 5;  // written at a time

/// The same for an event that may be muted, but not so long that the history would fill the memory: beyond
/// that, its clip is longer than it need be.
double hold_s(const ClipOptions& options) {
    constexpr double kLongest_s = 60;
    return kHold_s + options.post_s + std::min(options.muted_within_s, kLongest_s);
}

/// A label as part of a file name.
std::string file_part(std::string label) {
    std::ranges::replace_if(
        label,
        [](char c) { return c == '/' || c == '\\' || c == ' ' || static_cast<unsigned char>(c) < ' '; }, '_');
    label.resize(std::min<std::size_t>(label.size(), 100));
    return label;
}

/// ISO 8601 basic format, valid on every file system: 20240229T235958.123Z.
std::string file_time(UtcTime time) {
    auto text = utc_text(time);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

}  // namespace

class ClipSaver::File {
 public:
    File(const Job& job, int rate_hz) : id(job.id) {
        try {
            writer.emplace(job.path, audio::AudioFormat{rate_hz, 1});
        } catch (const Error& error) {
            problem = error.what();
        }
    }
    int id;
    std::optional<audio::AudioWriter> writer;
    std::string problem;
};

double ClipSaver::history_s(const ClipOptions& options) {
    constexpr double kBlock_s = 5;  // longer than any incoming block
    return options.pre_s + hold_s(options) + kChunk_s + kBlock_s;
}

ClipSaver::ClipSaver(ClipOptions options, const SoundHistory& history)
    : options_(std::move(options)), history_(history) {
    std::error_code failure;
    std::filesystem::create_directories(options_.directory, failure);
    if (failure)
        throw WriteError(
            fmt::format("cannot create directory {}: {}", options_.directory, failure.message()));
    thread_ = std::jthread([this] { run(); });
}

ClipSaver::~ClipSaver() { jobs_.close(); }

std::int64_t ClipSaver::position_of(double time_s) const { return std::llround(time_s * history_.rate_hz()); }

void ClipSaver::samples(std::int64_t position, UtcTime, std::span<const float> samples) {
    const auto now = position + static_cast<std::int64_t>(samples.size());
    const auto hold = position_of(hold_s(options_));
    for (auto clip = clips_.begin(); clip != clips_.end();) {
        const bool complete = clip->end && *clip->end <= now;
        if (complete) {
            send(*clip, *clip->end, true);
        } else if (now - clip->sent > hold + position_of(kChunk_s)) {
            send(*clip, now - hold, false);
        }
        clip = complete ? clips_.erase(clip) : std::next(clip);
    }
}

void ClipSaver::may_start(const LiveEvent& event) { begin(event).certain = false; }

void ClipSaver::starts(const LiveEvent& event) { clip_of(event).certain = true; }

void ClipSaver::rejects(const LiveRejection& rejection) {
    if (!std::holds_alternative<detect::Suppressed>(rejection.rejection.reason)) return;
    const auto* const clip = open_clip(rejection.rejection.sound.label);
    if (!clip || clip->certain) return;
    discard(*clip);
    clips_.remove_if([id = clip->id](const Clip& each) { return each.id == id; });
}

void ClipSaver::ends(const LiveEvent& event) {
    auto& clip = clip_of(event);
    clip.event = event;
    clip.end = position_of(event.event.offset_s + options_.post_s);
}

/// The clip of this label that has been open for longest.
ClipSaver::Clip* ClipSaver::open_clip(const std::string& label) {
    const auto same = std::ranges::find_if(
        clips_, [&](const Clip& clip) { return !clip.end && clip.event.event.label == label; });
    return same == clips_.end() ? nullptr : &*same;
}

/// The open clip of this label; starts one if there is none.
ClipSaver::Clip& ClipSaver::clip_of(const LiveEvent& event) {
    auto* const same = open_clip(event.event.label);
    return same ? *same : begin(event);
}

ClipSaver::Clip& ClipSaver::begin(const LiveEvent& event) {
    Clip clip;
    clip.event = event;
    const auto cut =
        history_.cut(position_of(event.event.onset_s - options_.pre_s), position_of(event.event.onset_s));
    clip.first = clip.sent = cut.position;
    clip.time = cut.time;
    clip.path = path_of(cut.time, event.event.label);
    clip.id = next_id_++;
    return clips_.emplace_back(std::move(clip));
}

void ClipSaver::gap(const LiveGap&) { end_all(); }

void ClipSaver::end_all() {
    for (auto& clip : clips_) {
        if (clip.certain) {
            send(clip, clip.end.value_or(history_.end()), true);
        } else {
            discard(clip);
        }
    }
    clips_.clear();
}

void ClipSaver::discard(const Clip& clip) { post({clip.id, clip.path, {}, {}, true, {}, true}); }

std::string ClipSaver::save_last(double duration_s) {
    auto cut = history_.last(duration_s);
    const auto path = path_of(cut.time, "last");
    const nlohmann::ordered_json json{
        {"file", options_.device}, {"time", utc_text(cut.time)}, {"clip", path.filename().string()}};
    post({next_id_++, path, std::move(cut.samples), json.dump() + "\n", true, {}});
    return path;
}

void ClipSaver::finish() {
    end_all();
    jobs_.close();
    if (thread_.joinable()) thread_.join();
}

ClipSaver::Totals ClipSaver::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

void ClipSaver::send(Clip& clip, std::int64_t end, bool last) {
    auto cut = history_.cut(clip.sent, std::max(clip.sent, end));
    clip.sent = cut.position + static_cast<std::int64_t>(cut.samples.size());
    std::string json;
    if (last) {
        auto row = live_event_json(options_.device, clip.event);
        row["clip"] = {{"file", clip.path.filename().string()},
                       {"onset", rounded(static_cast<double>(clip.first) / history_.rate_hz(), 3)},
                       {"offset", rounded(static_cast<double>(clip.sent) / history_.rate_hz(), 3)},
                       {"time", utc_text(clip.time)}};
        json = row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    }
    post({clip.id, clip.path, std::move(cut.samples), std::move(json), last, {}});
}

void ClipSaver::post(Job job) {
    const auto samples = job.samples.size();
    if (jobs_.try_push(std::move(job), samples)) return;
    job.samples = {};
    job.problem = fmt::format("{}: the disk is too slow", job.path.string());
    jobs_.try_push(std::move(job), 0);  // what takes up nothing always fits
}

std::filesystem::path ClipSaver::path_of(UtcTime time, const std::string& label) const {
    return std::filesystem::path(options_.directory) /
           fmt::format("{}-{}.wav", file_time(time), file_part(label));
}

void ClipSaver::run() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (auto job = jobs_.pop()) write(*job);
}

void ClipSaver::write(Job& job) {
    auto file = std::ranges::find(files_, job.id, &File::id);
    if (job.unwanted) {
        if (file != files_.end()) files_.erase(file);
        return;
    }
    if (file == files_.end()) file = files_.emplace(files_.end(), job, history_.rate_hz());
    if (file->problem.empty()) file->problem = job.problem;
    try {
        if (file->problem.empty()) file->writer->write(job.samples);
        if (!job.last) return;
        if (file->problem.empty()) {
            file->writer->close();
            write_text(std::filesystem::path(job.path).replace_extension(".json"), job.json);
        }
    } catch (const Error& error) {
        file->problem = error.what();
        file->writer.reset();
        if (!job.last) return;
    }
    const std::lock_guard lock(mutex_);
    if (file->problem.empty()) {
        ++totals_.saved;
    } else if (totals_.failed++ == 0) {
        totals_.problem = file->problem;
    }
    files_.erase(file);
}

}  // namespace earshot::live
