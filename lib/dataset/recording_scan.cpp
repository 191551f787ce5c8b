#include "dataset/recording_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dataset/content_hash.h"
#include "dataset/frame_activity.h"
#include "dataset/recording_info.h"
#include "frontend/frontend.h"
#include "label/label_index.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::dataset {
namespace {

template <class T>
std::string_view bytes_of(std::span<const T> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

Error not_finite(const npz::NpzReader& npz, std::uint64_t place, std::size_t dimension, float value) {
    return Error(fmt::format("{}: samples[{}] holds {} (remake the file with earshot datagen)", npz.name(),
                             place / dimension, std::isnan(value) ? "NaN" : "infinity"));
}

/// When the first frame of each run begins.
std::vector<double> onsets_of(const npz::NpzReader& npz, std::span<const windows::RowSpan> runs) {
    std::vector<double> onsets_s(runs.size());
    if (!npz.contains("times")) return onsets_s;
    std::int64_t row = 0;
    std::size_t run = 0;
    npz.stream<double>("times", [&](std::span<const double> times_s) {
        const auto end = row + static_cast<std::int64_t>(times_s.size());
        for (; run < runs.size() && runs[run].first < end; ++run)
            onsets_s[run] = times_s[static_cast<std::size_t>(runs[run].first - row)];
        row = end;
    });
    return onsets_s;
}

/// For each event, the frames whose onsets lie in it.
std::vector<windows::RowSpan> rows_of_events(const npz::NpzReader& npz,
                                             const std::vector<label::Event>& events) {
    if (events.empty() || !npz.contains("times")) return {};
    std::vector<windows::RowSpan> rows(events.size());
    npz.stream<double>("times", [&](std::span<const double> onsets_s) {
        const auto before = [&](double time_s) {
            return std::ranges::lower_bound(onsets_s, time_s) - onsets_s.begin();
        };
        for (std::size_t i = 0; i < events.size(); ++i) {
            const auto first = before(events[i].onset_s);
            rows[i].first += first;
            rows[i].count += before(events[i].offset_s) - first;
        }
    });
    return rows;
}

std::vector<windows::RowSpan> runs_of(const npz::NpzReader& npz, std::int64_t rows) {
    windows::RunFinder finder;
    if (npz.contains("times"))
        npz.stream<double>("times", [&](std::span<const double> onsets_s) { finder.push(onsets_s); });
    return finder.runs(rows);
}

/// The frames whose middles lie in each of some stretches of time.
std::vector<windows::RowSpan> rows_within(const npz::NpzReader& npz, double half_frame_s,
                                          const std::vector<RecordingInfo::Stretch>& stretches) {
    std::vector<windows::RowSpan> rows(stretches.size());
    npz.stream<double>("times", [&](std::span<const double> onsets_s) {
        const auto before = [&](double time_s) {
            return std::ranges::lower_bound(onsets_s, time_s - half_frame_s) - onsets_s.begin();
        };
        for (std::size_t i = 0; i < stretches.size(); ++i) {
            const auto first = before(stretches[i].onset_s);
            rows[i].first += first;
            rows[i].count += before(stretches[i].offset_s) - first;
        }
    });
    return rows;
}

/// The part of an event in which its label sounds, given that its onset was rounded down and its offset up.
/// Of one that is not longer than that takes, the middle.
RecordingInfo::Stretch sure_part(const label::Event& event, double resolution_s) {
    const double length_s = event.offset_s - event.onset_s;
    const double margin_s = std::min(resolution_s, 0.375 * length_s);
    return {event.onset_s + (event.onset_s > 0 ? margin_s : 0), event.offset_s - margin_s};
}

Activity activity_of(const npz::NpzReader& npz, const ScannedRecording& recording,
                     const FrameActivity& frames, Grain grain) {
    const std::size_t count = recording.labels.size();
    const bool timed = npz.contains("times") && npz.contains("events") && recording.frontend.is_object();
    if (!timed || (!recording.says_labelled && recording.events.empty())) return frames.of_classes(count);
    if (grain == Grain::frame) {
        return frames.of_events(recording, [&](const auto& sink) { npz.stream<double>("times", sink); });
    }
    const double half_frame_s = frontend::make_frontend(recording.frontend)->window_s() / 2;
    Activity activity = recording.says_labelled ? Activity(count) : frames.labelled_by_classes(count);
    const bool weak = !recording.weak.empty();
    std::vector<RecordingInfo::Stretch> whole, sure;
    for (const auto& event : recording.events) {
        whole.push_back({event.onset_s, event.offset_s});
        sure.push_back(sure_part(event, recording.resolution_s));
    }
    const auto whole_rows = rows_within(npz, half_frame_s, whole),
               sure_rows = rows_within(npz, half_frame_s, sure);
    const label::LabelIndex labels(recording.labels);
    for (std::size_t i = 0; i < whole.size() && !weak; ++i) {
        const auto c = static_cast<std::size_t>(labels.find(recording.events[i].label).value());
        if (recording.resolution_s > 0) activity.add_unsure(c, whole_rows[i]);
        activity.add(c, sure_rows[i]);
    }
    if (weak) {
        std::vector<Activity::State> states;
        for (const auto state : recording.weak) states.push_back(static_cast<Activity::State>(state));
        activity.set_weak(std::move(states));
    }
    for (const auto& each : rows_within(npz, half_frame_s, recording.labelled)) activity.add_labelled(each);
    return activity;
}

}  // namespace

ScannedRecording scan_recording(const std::string& path, FrameStore& store, Grain grain) {
    const npz::NpzReader npz(path);
    ScannedRecording recording;
    recording.dimension = read_dimension(npz);
    ContentHasher classes_hasher, hasher;
    FrameActivity frames;
    stream_classes(npz, [&](std::span<const std::int64_t> classes) {
        frames.push(classes);
        classes_hasher.add(bytes_of(classes));
    });
    recording.rows = frames.rows();
    read_info(npz, frames.highest(), recording);
    recording.event_rows = rows_of_events(npz, recording.events);
    recording.runs = runs_of(npz, recording.rows);
    recording.run_onsets_s = onsets_of(npz, recording.runs);
    recording.activity = activity_of(npz, recording, frames, grain);
    std::uint64_t place = 0;
    recording.matrix = store.add(npz, [&](std::span<const float> values) {
        check_interrupt();
        const auto bad = std::ranges::find_if_not(values, [](float value) { return std::isfinite(value); });
        if (bad != values.end()) {
            throw not_finite(npz, place + static_cast<std::uint64_t>(bad - values.begin()),
                             recording.dimension, *bad);
        }
        place += values.size();
        hasher.add(bytes_of(values));
    });
    recording.frames_digest = hasher.hash();
    classes_hasher.add(recording.frames_digest);
    recording.digest = classes_hasher.hash();
    return recording;
}

}  // namespace earshot::dataset
