#include "dataset/recording_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dataset/content_hash.h"
#include "dataset/recording_info.h"
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

}  // namespace

ScannedRecording scan_recording(const std::string& path, FrameStore& store) {
    const npz::NpzReader npz(path);
    ScannedRecording recording;
    recording.dimension = read_dimension(npz);
    ContentHasher classes_hasher, hasher;
    stream_classes(npz, [&](std::span<const std::int64_t> classes) {
        recording.classes.add(classes);
        classes_hasher.add(bytes_of(classes));
    });
    read_info(npz, recording.classes.highest(), recording);
    recording.event_rows = rows_of_events(npz, recording.events);
    recording.runs = runs_of(npz, recording.rows());
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
