// {"id": [start_s, end_s]}: where in each recording the phrase is said.

#include "label/formats.h"
#include "label/json_reader.h"
#include "label/label_text.h"

namespace earshot::label::formats {
namespace {

class WordBoundsReader : public JsonReader {
 public:
    using JsonReader::JsonReader;

    bool start_object(std::size_t) override {
        if (depth_ > 0) return unexpected("an object");
        return ++depth_ > 0;
    }
    bool key(string_t& text) override {
        id_ = text;
        if (id_.empty()) fail("an id is empty");
        if (recordings.contains(id_)) fail("occurs twice");
        return true;
    }
    bool start_array(std::size_t) override {
        if (depth_ != 1) return unexpected("an array");
        bounds_.clear();
        return ++depth_ > 0;
    }
    bool end_array() override {
        if (bounds_.size() != 2) unexpected(fmt::format("{} numbers", bounds_.size()));
        in_place([&] { check_interval(bounds_[0], bounds_[1]); });
        recordings[id_].events.push_back({bounds_[0], bounds_[1], std::string(kWordBoundsLabel), {}});
        return --depth_ > 0;
    }

    std::map<std::string, Timeline> recordings;

 protected:
    bool number(double value) override {
        if (depth_ != 2) return unexpected("a number");
        if (bounds_.size() == 2) unexpected("more than two numbers");
        bounds_.push_back(value);
        return true;
    }
    std::string place() const override { return id_.empty() ? "" : fmt::format("key \"{}\"", id_); }
    std::string expected() const override {
        return depth_ > 0 ? "[start, end] in seconds" : "an object as {\"call-1\": [0.5, 1.2]}";
    }

 private:
    int depth_ = 0;
    std::string id_;
    std::vector<double> bounds_;
};

}  // namespace

Labels parse_word_bounds(std::string_view text, const std::string& name) {
    WordBoundsReader reader(name);
    stream_json(text, reader, name);
    return {LabelFormat::word_bounds, std::move(reader.recordings), {}};
}

void write_word_bounds(const Labels& labels, Output& out, const LabelWriteOptions& options) {
    std::string text = "{";
    const std::string* label = nullptr;
    for (const auto& [key, timeline] : labels.recordings) {
        if (timeline.events.empty()) continue;  // the phrase is not said in it
        const auto id = recording_name(key, LabelFormat::word_bounds, options);
        const auto& event = timeline.events.front();
        if (timeline.events.size() > 1) {
            throw Error(fmt::format("{}: {} events, but word-bounds has one for each recording", id,
                                    timeline.events.size()));
        }
        require_offset(event, LabelFormat::word_bounds);
        if (label && *label != event.label) {
            throw Error(fmt::format("labels '{}' and '{}', but word-bounds can hold only one label", *label,
                                    event.label));
        }
        text += fmt::format("{}\n  {}: [{}, {}]", label ? "," : "", nlohmann::json(id).dump(),
                            seconds_text(event.onset_s), seconds_text(event.offset_s));
        label = &event.label;
    }
    out.write(text + (label ? "\n}\n" : "}\n"));
}

}  // namespace earshot::label::formats
