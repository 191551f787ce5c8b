// {"waveforms": [[...], ...], "labels": ["OK", ...], "fs": 44100}, and the older form of the same,
// [{"Waveform": [...], "Labels": 0}, ...], where 0 is OK, 1 is NG, and the rate is 44.1 kHz.
// Samples are counted and passed over: the waveforms follow each other in one recording, an event each.

#include <istream>
#include <optional>

#include "label/formats.h"
#include "label/json_reader.h"
#include "label/label_text.h"

namespace earshot::formats {
namespace {

constexpr double kLegacyRateHz = 44100;

class Reader : public JsonReader {
 public:
    using JsonReader::JsonReader;

    bool start_object(std::size_t) override {
        switch (state()) {
            case State::top:
                return enter(State::object);
            case State::list:
                lengths.push_back(0);
                labels.emplace_back();
                return enter(State::entry);
            default:
                return enter_other("an object");
        }
    }
    bool start_array(std::size_t) override {
        if (state() == State::top) return enter(State::list);
        if (state() == State::object && key_ == "labels") return enter(State::labels);
        if (state() == State::object && key_ == "waveforms") return enter(State::waveforms);
        if (state() == State::waveforms) lengths.push_back(0);
        const bool samples = state() == State::waveforms || (state() == State::entry && key_ == "Waveform");
        return samples ? enter(State::samples) : enter_other("an array");
    }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool key(string_t& text) override {
        if (state() != State::other) key_ = text;
        return true;
    }
    bool string(string_t& text) override {
        if (state() != State::labels) return other("a string");
        labels.push_back(in_place([&] { return checked_label(text); }));
        return true;
    }
    bool null() override { return other("null"); }
    bool boolean(bool) override { return other("true or false"); }

    std::vector<std::size_t> lengths;  // of the waveforms, in samples
    std::vector<std::string> labels;
    std::optional<double> rate_hz;

 protected:
    bool number(double value) override {
        if (state() == State::samples) return ++lengths.back() > 0;
        if (state() == State::object && key_ == "fs") {
            if (value <= 0) fail(fmt::format("{}, expected a rate in Hz", value));
            rate_hz = value;
            return true;
        }
        if (state() == State::entry && key_ == "Labels") {
            if (value != 0 && value != 1) fail(fmt::format("label {}, expected 0 (OK) or 1 (NG)", value));
            labels.back() = value == 0 ? "OK" : "NG";
            return true;
        }
        return other("a number");
    }
    std::string place() const override {
        switch (state()) {
            case State::top:
                return {};
            case State::object:
                return fmt::format("key \"{}\"", key_);
            case State::labels:
                return fmt::format("label {}", labels.size() + 1);
            case State::list:
            case State::entry:
                return fmt::format("entry {}", lengths.size());
            default:
                return fmt::format("waveform {}", lengths.size());
        }
    }
    std::string expected() const override {
        switch (state()) {
            case State::top:
                return "{\"waveforms\": [[...]], \"labels\": [\"OK\"], \"fs\": 44100}";
            case State::list:
            case State::entry:
                return "{\"Waveform\": [...], \"Labels\": 0}";
            case State::labels:
                return "a label in quotation marks";
            default:
                return "numbers";
        }
    }

 private:
    // Where we are; `other` is inside a member that the format does not define ("metric", say).
    enum class State { top, object, labels, waveforms, samples, list, entry, other };

    State state() const { return states_.back(); }
    bool enter(State state) {
        if (state == State::list) rate_hz = kLegacyRateHz;
        states_.push_back(state);
        return true;
    }
    bool leave() {
        const bool empty = !lengths.empty() && lengths.back() == 0;
        const bool checked = state() == State::samples || state() == State::entry;
        if (checked && empty) fail("no samples");
        if (state() == State::entry && labels.back().empty()) fail("no Labels");
        states_.pop_back();
        return true;
    }
    /// True inside, or as the value of, a member that is passed over. @throws Error elsewhere
    bool other(const char* found) {
        const bool undefined_member =
            (state() == State::object && key_ != "waveforms" && key_ != "labels" && key_ != "fs") ||
            (state() == State::entry && key_ != "Waveform" && key_ != "Labels");
        return state() == State::other || undefined_member || unexpected(found);
    }
    bool enter_other(const char* found) { return other(found) && enter(State::other); }

    std::vector<State> states_{State::top};
    std::string key_;
};

}  // namespace

Labels parse_waveform_json(std::istream& text, const std::string& name) {
    Reader reader(name);
    nlohmann::json::sax_parse(text, &reader);
    if (!reader.rate_hz) throw Error(name + ": no \"fs\", the sample rate in Hz");
    if (reader.lengths.size() != reader.labels.size()) {
        throw Error(fmt::format("{}: {} waveforms, but {} labels", name, reader.lengths.size(),
                                reader.labels.size()));
    }
    Labels labels{LabelFormat::waveform_json, {}, {}};
    auto& events = labels.recordings[""].events;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < reader.lengths.size(); ++i) {
        const std::size_t end = begin + reader.lengths[i];
        events.push_back({static_cast<double>(begin) / *reader.rate_hz,
                          static_cast<double>(end) / *reader.rate_hz,
                          reader.labels[i],
                          {}});
        begin = end;
    }
    return labels;
}

}  // namespace earshot::formats
