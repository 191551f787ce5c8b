#include "dataset/dataset_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>

#include "dataset/content_hash.h"
#include "dataset/framing.h"
#include "dataset/recording_writer.h"
#include "label/label_index.h"
#include "support/error.h"
#include "support/input.h"
#include "support/interrupt.h"

namespace earshot::dataset {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 2;  // increment when equal settings produce different files

Json events_json(const label::Timeline& timeline) {
    Json events = Json::array();
    for (const auto& event : timeline.events) events.push_back({event.onset_s, event.offset_s, event.label});
    return events;
}

std::string_view as_bytes(std::span<const float> samples) {
    return {reinterpret_cast<const char*>(samples.data()), samples.size_bytes()};
}

std::string no_frames(const CatalogueEntry& entry, std::size_t frames, double duration_s,
                      const std::vector<std::string>& damage) {
    const auto why = [&]() -> std::string {
        if (!damage.empty()) return fmt::format("damaged {}", damage.front());
        if (frames == 0) return fmt::format("{:.3f} s of sound is too short for a frame", duration_s);
        return "none of its frames is labelled (try --background LABEL, or --unlabelled keep)";
    };
    return fmt::format("{}: {}", entry.audio, why());
}

}  // namespace

DatasetBuilder::DatasetBuilder(BuildSettings settings) : settings_(std::move(settings)) {
    if (settings_.labels.size() > static_cast<std::size_t>(kMaxClasses)) {
        throw Error(fmt::format(
            "{} different labels, but a dataset has at most {} classes (labels name kinds of sound, not "
            "recordings)",
            settings_.labels.size(), kMaxClasses));
    }
}

std::string DatasetBuilder::identity(const CatalogueEntry& entry, const std::string& audio_hash) const {
    const auto& source = settings_.source;
    Json all{{"format", kFormatVersion},
             {"audio", audio_hash},
             {"frontend", settings_.frontend},
             {"start", source.start_s},
             {"channels", {static_cast<int>(source.channels.kind), source.channels.index}},
             {"labels", settings_.labels},
             {"events", entry.timeline ? events_json(*entry.timeline) : Json()},
             {"resolution", entry.timeline ? entry.timeline->resolution_s : 0},
             {"keep_unlabelled", settings_.keep_unlabelled}};
    if (!settings_.recipe.empty()) all["recipe"] = settings_.recipe;
    if (settings_.type == FrameType::float16) all["dtype"] = "float16";
    if (source.duration_s) all["duration"] = *source.duration_s;
    if (source.raw) all["raw"] = {source.raw->encoding, source.raw->rate_hz, source.raw->channels};
    if (settings_.background) all["background"] = *settings_.background;
    if (entry.group_chosen) all["group"] = entry.group;
    return content_hash(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

BuildReport DatasetBuilder::build(const CatalogueEntry& entry, frontend::Frontend& frontend,
                                  std::optional<std::string> identity, Output& out,
                                  const std::function<void(double share)>& progress) const {
    if (entry.waveforms) return build_waveforms(entry, frontend, identity, out, progress);
    label::Timeline timeline = entry.timeline.value_or(label::Timeline{});
    const bool weak = timeline.is_weak();
    if (settings_.background) fill_gaps(timeline, *settings_.background);
    FrameLabeller labeller(timeline, settings_.labels, frontend.hop_s(), frontend.window_s());
    RecordingWriter writer(frontend.dimension(), settings_.type);
    BuildReport report;
    report.class_frames.resize(settings_.labels.size());
    const auto source = audio::open_source(entry.audio, settings_.source);

    FramingOptions framing;
    framing.name = entry.audio;
    framing.start_s = settings_.source.start_s;
    if (const auto length = source->frames(); length && *length > 0) {
        const double length_s = static_cast<double>(*length) / frontend.rate_hz();
        framing.progress = [&progress, length_s](double done_s) { progress(done_s / length_s); };
    }
    ContentHasher hasher;
    if (!identity) framing.samples = [&](std::span<const float> samples) { hasher.add(as_bytes(samples)); };
    std::size_t frames = 0;
    const double duration_s =
        frame_recording(*source, frontend, framing, [&](auto frame, double onset_s, double offset_s) {
            ++frames;
            const auto label = labeller.class_of(onset_s, offset_s);
            if (label >= 0) {
                ++report.class_frames[static_cast<std::size_t>(label)];
            } else if (settings_.keep_unlabelled) {
                ++report.unlabelled_frames;
            } else {
                return;
            }
            writer.add(frame, onset_s, label);
        });
    report.damage = damage_texts(*source);
    if (writer.rows() == 0) throw Error(no_frames(entry, frames, duration_s, report.damage));

    const bool whole = !settings_.source.duration_s;  // so the sound ends where the recording ends
    const double end_s = settings_.source.start_s + duration_s;
    const int past_end = timeline.clip(end_s);
    if (whole && report.damage.empty()) report.events_past_end = past_end;
    auto info = info_of(entry, identity ? *identity : this->identity(entry, hasher.hash()),
                        std::move(timeline.events));
    info.damage = report.damage;
    info.says_labelled = true;
    info.resolution_s = timeline.resolution_s;
    if (weak) {
        info.weak.assign(settings_.labels.size(), 0);
        const label::LabelIndex index(settings_.labels);
        for (const auto& event : info.events)
            info.weak[static_cast<std::size_t>(*index.find(event.label))] = 1;
    } else if (entry.timeline || settings_.background) {
        info.labelled.push_back({settings_.source.start_s, end_s});
    }
    writer.write(info, out, settings_.compress);
    return report;
}

RecordingInfo DatasetBuilder::info_of(const CatalogueEntry& entry, std::string identity,
                                      std::vector<label::Event> events) const {
    const auto& bands = settings_.frontend;
    RecordingInfo info;
    info.labels = settings_.labels;
    info.events = std::move(events);
    info.low_hz = bands.value("low_hz", 0.0);
    info.high_hz = bands.value("high_hz", 0.0);
    info.frontend = bands;
    info.recipe = settings_.recipe;
    info.file = entry.audio == "-" ? "stdin" : entry.audio;
    info.group = entry.group == "-" ? "stdin" : entry.group;
    info.content_hash = std::move(identity);
    return info;
}

/// Each waveform is framed on its own, like a recording: no frame spans two of them.
BuildReport DatasetBuilder::build_waveforms(const CatalogueEntry& entry, frontend::Frontend& frontend,
                                            const std::optional<std::string>& identity, Output& out,
                                            const std::function<void(double share)>& progress) const {
    const auto& list = *entry.waveforms;
    if (list.rate_hz != frontend.rate_hz()) {
        throw Error(fmt::format("{}: \"fs\" is {}, but frames are made at {} Hz (give --sample-rate {})",
                                entry.audio, list.rate_hz, frontend.rate_hz(), list.rate_hz));
    }
    BuildReport report;
    report.class_frames.resize(settings_.labels.size());
    RecordingWriter writer(frontend.dimension(), settings_.type);
    const label::LabelIndex classes(settings_.labels);
    std::size_t next = 0, begin = 0;  // the waveform whose first sample is number `begin` of them all
    std::int64_t label = -1;
    const frontend::FrameSink keep = [&](std::span<const float> frame, double onset_s) {
        ++report.class_frames[static_cast<std::size_t>(label)];
        writer.add(frame, static_cast<double>(begin) / list.rate_hz + onset_s, label);
    };
    const label::WaveformSink make_frames = [&](std::size_t index, std::span<const float> samples) {
        if (index >= list.entries.size() || samples.size() != list.entries[index].samples)
            throw Error("changed while it was being read");
        for (; next < index; ++next) begin += list.entries[next].samples;
        const auto& [count, name, problem] = list.entries[index];
        if (problem.empty()) {
            label = classes.find(name).value();
            const auto before = writer.rows();
            frontend.reset();
            frontend.push(samples, keep);
            frontend.finish(keep);
            if (writer.rows() == before) {
                throw Error(fmt::format("waveforms of {} samples are too short for a frame of {} s", count,
                                        frontend.window_s()));
            }
        }
        progress(static_cast<double>(index + 1) / static_cast<double>(list.entries.size()));
        check_interrupt();
    };
    InputBuffer input(entry.audio);
    std::istream stream(&input);
    try {
        label::read_waveforms(stream, entry.audio, {true, make_frames});
    } catch (const WriteError&) {
        throw;
    } catch (const Error& error) {
        throw Error(fmt::format("{}: {}", entry.audio, reason(error, entry.audio)));
    }
    auto info = info_of(entry, identity.value_or(""), list.timeline().events);
    writer.write(info, out, settings_.compress);
    return report;
}

BuildReport report_of(const std::string& path) {
    const auto summary = read_recording_summary(path);
    BuildReport report;
    report.class_frames.resize(summary.labels.size());
    for (const auto c : summary.classes) {
        ++(c < 0 ? report.unlabelled_frames : report.class_frames[static_cast<std::size_t>(c)]);
    }
    report.damage = summary.damage;
    report.unchanged = true;
    return report;
}

}  // namespace earshot::dataset
