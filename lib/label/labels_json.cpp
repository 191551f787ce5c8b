// {"00:00": "negative", "02:13": "positive"}: every key starts a segment that lasts until the next one.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "label/formats.h"
#include "label/json_reader.h"
#include "label/label_text.h"
#include "support/time_text.h"

namespace earshot::label::formats {
namespace {

struct Segment {
    double onset_s;
    std::string key;
    std::string label;  // empty: nothing is labelled from here on
};

class Reader : public JsonReader {
 public:
    using JsonReader::JsonReader;

    bool start_object(std::size_t) override {
        if (inside_) return unexpected("an object");
        return inside_ = true;
    }
    bool key(string_t& text) override {
        key_ = text;
        onset_s_ = parse_key(text);
        return true;
    }
    bool string(string_t& text) override {
        if (!inside_) return unexpected("a string");
        segments.push_back(
            {onset_s_, key_, text.empty() ? "" : in_place([&] { return checked_label(text); })});
        return true;
    }

    std::vector<Segment> segments;

 protected:
    std::string place() const override { return key_.empty() ? "" : fmt::format("key \"{}\"", key_); }
    std::string expected() const override {
        return inside_ ? "a label in quotation marks"
                       : "an object as {\"00:00\": \"quiet\", \"02:13\": \"cry\"}";
    }

 private:
    double parse_key(const std::string& text) const {
        try {
            return parse_time(text);
        } catch (const Error& error) {
            std::string message = error.what();
            if (message.starts_with(text + ": ")) message.erase(0, text.size() + 2);
            fail(message);
        }
    }

    bool inside_ = false;
    std::string key_;
    double onset_s_ = 0;
};

}  // namespace

Labels parse_labels_json(std::string_view text, const std::string& name) {
    Reader reader(name);
    stream_json(text, reader, name);
    auto& segments = reader.segments;

    Labels labels{LabelFormat::labels_json, {}, {}};
    if (!std::ranges::is_sorted(segments, {}, &Segment::onset_s)) {
        labels.warnings.push_back(name + ": keys are not in order of time");
        std::ranges::stable_sort(segments, {}, &Segment::onset_s);
    }
    const auto is_whole = [](const Segment& segment) {
        return segment.onset_s == std::floor(segment.onset_s);
    };
    labels.recordings[""].resolution_s = std::ranges::all_of(segments, is_whole) ? 1 : 0;
    auto& events = labels.recordings[""].events;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto& segment = segments[i];
        const bool last = i + 1 == segments.size();
        if (!last && segments[i + 1].onset_s == segment.onset_s) {
            const auto& other = segments[i + 1].key;
            throw Error(other == segment.key ? fmt::format("{}: key \"{}\" occurs twice", name, other)
                                             : fmt::format("{}: keys \"{}\" and \"{}\" are the same time",
                                                           name, segment.key, other));
        }
        if (segment.label.empty()) continue;
        const double offset_s = last ? std::numeric_limits<double>::infinity() : segments[i + 1].onset_s;
        events.push_back({segment.onset_s, offset_s, segment.label, {}});
    }
    return labels;
}

namespace {

using Nanoseconds = std::int64_t;
constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kOpen = std::numeric_limits<Nanoseconds>::max();

Nanoseconds nanoseconds(double seconds) {
    if (std::isinf(seconds)) return kOpen;
    if (seconds >= 1e9) throw Error(fmt::format("{} s is longer than labels-json can express", seconds));
    return std::llround(seconds * static_cast<double>(kSecond));
}

/// `02:13`, from an hour on `1:02:13`; with 3, 6 or 9 decimals if the time needs them.
std::string key_text(Nanoseconds time) {
    auto text = clock_text(static_cast<double>(time / kSecond));
    if (const auto fraction = time % kSecond; fraction != 0) {
        auto decimals = fmt::format("{:09}", fraction);
        while (decimals.ends_with("000")) decimals.resize(decimals.size() - 3);
        text += "." + decimals;
    }
    return text;
}

}  // namespace

void write_labels_json(const Labels& labels, Output& out, const LabelWriteOptions& options) {
    std::string text = "{";
    const auto segment = [&](Nanoseconds onset, const std::string& label) {
        text += fmt::format("{}\n  \"{}\": {}", text.size() > 1 ? "," : "", key_text(onset),
                            nlohmann::json(label).dump());
    };
    const auto& events = only_recording(labels, LabelFormat::labels_json).events;
    Nanoseconds end = 0;  // of what has been written
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto& event = events[i];
        const auto onset = nanoseconds(event.onset_s), offset = nanoseconds(event.offset_s);
        if (onset < end) {
            throw Error(fmt::format("'{}' at {} s and '{}' at {} s overlap, which labels-json cannot express",
                                    events[i - 1].label, events[i - 1].onset_s, event.label, event.onset_s));
        }
        if (onset == offset) {
            throw Error(fmt::format("'{}' at {} s has no duration, which labels-json cannot express",
                                    event.label, event.onset_s));
        }
        if (onset > end) segment(end, options.gap_label);
        segment(onset, writable_label(event.label));
        end = offset;
    }
    if (end != kOpen) segment(end, options.gap_label);
    out.write(text + "\n}\n");
}

}  // namespace earshot::label::formats
