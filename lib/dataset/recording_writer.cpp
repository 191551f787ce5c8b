#include "dataset/recording_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dataset/recording_arrays.h"
#include "label/label_index.h"
#include "npz/npz.h"
#include "support/error.h"

namespace earshot::dataset {
namespace {

template <class T>
std::string_view as_bytes(std::span<const T> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::vector<double> event_rows(const RecordingInfo& info) {
    const label::LabelIndex labels(info.labels);
    std::vector<double> rows;
    for (const auto& event : info.events) {
        const auto found = labels.find(event.label);
        if (!found)
            throw Error(
                fmt::format("{}: event label '{}' is not one of the classes", info.file, event.label));
        rows.insert(rows.end(), {event.onset_s, event.offset_s, static_cast<double>(*found)});
    }
    return rows;
}

std::string json_text(const nlohmann::ordered_json& json) {
    // A file name need not be UTF-8; invalid bytes become U+FFFD.
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

void write_recording_arrays(const RecordingInfo& info, const RecordingColumns& columns, Output& out,
                            bool compress) {
    const auto rows = event_rows(info);
    npz::NpzWriter npz(out, compress);
    const auto pass_on = [&](std::string_view piece) { npz.write(piece); };
    const std::vector<std::size_t> shape{columns.rows, columns.dimension};
    columns.type == FrameType::float16 ? npz.begin<npz::Half>("samples", shape)
                                       : npz.begin<float>("samples", shape);
    columns.samples(pass_on);
    npz.end();
    npz.begin<std::int64_t>("classes", {columns.rows});
    columns.classes(pass_on);
    npz.end();
    const std::array cutoff_hz{info.low_hz, info.high_hz};
    npz.add<double>("cutoff_frequencies", {2}, cutoff_hz);
    npz.add_texts("labels", info.labels);
    npz.begin<double>("times", {columns.rows});
    columns.times(pass_on);
    npz.end();
    npz.add<double>("events", {info.events.size(), 3}, rows);
    if (info.says_labelled) {
        std::vector<double> labelled;
        for (const auto& [onset_s, offset_s] : info.labelled)
            labelled.insert(labelled.end(), {onset_s, offset_s});
        npz.add<double>("labelled", {info.labelled.size(), 2}, labelled);
    }
    if (!info.weak.empty()) npz.add<std::int64_t>("weak", {info.weak.size()}, info.weak);
    npz.add_text("frontend", json_text(info.frontend));
    nlohmann::ordered_json source{
        {"file", info.file}, {"group", info.group}, {"content_hash", info.content_hash}};
    if (info.resolution_s > 0) source["resolution_s"] = info.resolution_s;
    if (!info.recipe.empty()) source["recipe"] = info.recipe;
    if (!info.damage.empty()) source["damage"] = info.damage;
    npz.add_text("source", json_text(source));
    npz.finish();
}

void write_recording(const Recording& recording, Output& out, bool compress) {
    const auto whole = [](std::string_view bytes) {
        return [bytes](const std::function<void(std::string_view)>& sink) { sink(bytes); };
    };
    auto times = recording.times;
    times.resize(recording.size(), std::numeric_limits<double>::quiet_NaN());
    write_recording_arrays(recording,
                           {recording.size(), recording.dimension, whole(as_bytes<float>(recording.frames)),
                            whole(as_bytes<std::int64_t>(recording.classes)), whole(as_bytes<double>(times))},
                           out, compress);
}

void write_recording(const Recording& recording, const std::string& path, bool compress) {
    const auto out = open_output(path);
    write_recording(recording, *out, compress);
    out->close();
}

void RecordingWriter::add(std::span<const float> frame, double onset_s, std::int64_t class_index) {
    if (type_ == FrameType::float32) {
        samples_.write(as_bytes(frame));
    } else {
        std::ranges::transform(frame, halves_.begin(), npz::Half::nearest);
        const auto beyond = std::ranges::find_if_not(halves_, &npz::Half::is_finite);
        if (beyond != halves_.end())
            throw Error(fmt::format("frame at {:.3f} s: {} is too large for float16 (use float32)", onset_s,
                                    frame[static_cast<std::size_t>(beyond - halves_.begin())]));
        samples_.write(as_bytes(std::span<const npz::Half>(halves_)));
    }
    classes_.write(as_bytes(std::span<const std::int64_t>(&class_index, 1)));
    times_.write(as_bytes(std::span<const double>(&onset_s, 1)));
    ++rows_;
}

void RecordingWriter::write(const RecordingInfo& info, Output& out, bool compress) {
    const auto spooled = [](TemporaryFile& file) {
        return [&file](const std::function<void(std::string_view)>& sink) { file.read_back(sink); };
    };
    write_recording_arrays(info,
                           {rows_, dimension_, spooled(samples_), spooled(classes_), spooled(times_), type_},
                           out, compress);
}

}  // namespace earshot::dataset
