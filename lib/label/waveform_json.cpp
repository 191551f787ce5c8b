// The two forms of waveform JSON, see waveform_reader.h.

#include <cmath>
#include <istream>
#include <limits>
#include <optional>

#include "label/formats.h"
#include "label/json_reader.h"
#include "label/label_text.h"
#include "label/waveform_reader.h"

namespace earshot::label {
namespace {

constexpr double kLegacyRateHz = 44100;
constexpr std::size_t kMaxSamples = std::size_t{1} << 28;  // of a waveform: 1 GiB

class Reader : public JsonReader {
 public:
    Reader(std::string name, const WaveformReadOptions& options)
        : JsonReader(std::move(name)), options_(options) {}

    bool start_object(std::size_t) override {
        switch (state()) {
            case State::top:
                return enter(State::object);
            case State::list:
                ++waveforms_;
                ++labels_;
                entry();
                return enter(State::entry);
            default:
                return enter_other("an object");
        }
    }
    bool start_array(std::size_t) override {
        if (state() == State::top) {
            rate_hz_ = kLegacyRateHz;
            return enter(State::list);
        }
        if (state() == State::object && key_ == "labels") return enter(State::labels);
        if (state() == State::object && key_ == "waveforms") return enter(State::waveforms);
        if (state() == State::waveforms) {
            ++waveforms_;
            entry();
            return enter(State::samples);
        }
        return state() == State::entry && key_ == "Waveform" ? enter(State::samples)
                                                             : enter_other("an array");
    }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool key(string_t& text) override {
        if (state() != State::other) key_ = text;
        return true;
    }
    bool string(string_t& text) override {
        if (state() != State::labels) return other("a string");
        ++labels_;
        return attempt([&] { return checked_label(text); });
    }
    bool null() override { return other("null"); }
    bool boolean(bool) override { return other("true or false"); }

    WaveformList finish(const std::string& name) {
        if (!rate_hz_) throw Error(name + ": no \"fs\", the sample rate in Hz");
        if (!options_.keep_bad && waveforms_ != labels_)
            throw WaveformError(fmt::format("{}: {} waveforms, but {} labels", name, waveforms_, labels_));
        for (std::size_t i = std::min(waveforms_, labels_); i < list_.entries.size(); ++i) {
            auto& problem = list_.entries[i].problem;
            const bool labelled = i < labels_;
            if (problem.empty())
                problem = labelled ? fmt::format("label {}: no waveform", i + 1)
                                   : fmt::format("waveform {}: no label", i + 1);
        }
        list_.rate_hz = *rate_hz_;
        return std::move(list_);
    }

 protected:
    bool number(double value) override {
        if (state() == State::samples) return add_sample(value);
        if (state() == State::object && key_ == "fs") {
            if (value <= 0) fail(fmt::format("{}, expected a rate in Hz", value));
            rate_hz_ = value;
            return true;
        }
        if (state() == State::entry && key_ == "Labels") {
            return attempt([&]() -> std::string {
                if (value != 0 && value != 1)
                    throw Error(fmt::format("label {}, expected 0 (OK) or 1 (NG)", value));
                return value == 0 ? "OK" : "NG";
            });
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
                return fmt::format("label {}", labels_);
            case State::list:
            case State::entry:
                return fmt::format("entry {}", waveforms_);
            default:
                return fmt::format("waveform {}", waveforms_);
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
    // The current position; `other` is inside a member that the format does not define (such as "metric") or
    // that is skipped.
    enum class State { top, object, labels, waveforms, samples, list, entry, other };

    State state() const { return states_.back(); }
    bool enter(State state) {
        states_.push_back(state);
        return true;
    }
    bool leave() {
        if (state() == State::samples) finish_samples();
        if (state() == State::entry) {
            if (entry().samples == 0) bad("no samples");
            if (entry().label.empty()) bad("no Labels");
        }
        states_.pop_back();
        return true;
    }

    /// The entry that is being read: of a label, or else of a waveform.
    WaveformList::Entry& entry() {
        const std::size_t number = state() == State::labels ? labels_ : waveforms_;
        if (list_.entries.size() < number) list_.entries.resize(number);
        return list_.entries[number - 1];
    }

    /// Reports unusable data: as an error, or as the problem of its entry.
    bool bad(const std::string& what) {
        if (!options_.keep_bad) throw WaveformError(fmt::format("{}: {}", where(), what));
        if (entry().problem.empty()) entry().problem = fmt::format("{}: {}", place(), what);
        return true;
    }
    /// Sets the label of the entry to the result of label_of().
    template <class LabelOf>
    bool attempt(const LabelOf& label_of) {
        try {
            entry().label = label_of();
            return true;
        } catch (const Error& error) {
            return bad(error.what());
        }
    }

    bool add_sample(double value) {
        if (!(std::abs(value) <= std::numeric_limits<float>::max()))
            return bad(fmt::format("{}, which is too large for a sample", value));
        if (++entry().samples > kMaxSamples) fail(fmt::format("more than {} samples", kMaxSamples));
        if (options_.sink) samples_.push_back(static_cast<float>(value));
        return true;
    }
    void finish_samples() {
        if (entry().samples == 0) bad("no samples");
        if (options_.sink && entry().problem.empty()) options_.sink(waveforms_ - 1, samples_);
        samples_.clear();
    }

    /// True inside a skipped member, or as its value, and for values that make their entry unusable.
    /// @throws Error elsewhere
    bool other(const char* found) {
        if (state() == State::other) return true;
        const bool undefined_member =
            (state() == State::object && key_ != "waveforms" && key_ != "labels" && key_ != "fs") ||
            (state() == State::entry && key_ != "Waveform" && key_ != "Labels");
        if (undefined_member) return true;
        const bool of_entry = state() == State::labels || state() == State::waveforms ||
                              state() == State::samples || state() == State::entry;
        if (!of_entry) return unexpected(found);
        if (state() == State::labels) ++labels_;
        if (state() == State::waveforms) ++waveforms_;
        return bad(fmt::format("{}, expected {}", found, expected()));
    }
    bool enter_other(const char* found) { return other(found) && enter(State::other); }

    const WaveformReadOptions& options_;
    WaveformList list_;
    std::optional<double> rate_hz_;
    std::size_t waveforms_ = 0, labels_ = 0;  // seen so far
    std::vector<float> samples_;              // of the waveform that is being read
    std::vector<State> states_{State::top};
    std::string key_;
};

}  // namespace

Timeline WaveformList::timeline() const {
    Timeline timeline;
    std::size_t begin = 0;
    for (const auto& entry : entries) {
        const std::size_t end = begin + entry.samples;
        if (entry.problem.empty()) {
            timeline.events.push_back(
                {static_cast<double>(begin) / rate_hz, static_cast<double>(end) / rate_hz, entry.label, {}});
        }
        begin = end;
    }
    return timeline;
}

WaveformList read_waveforms(std::istream& text, const std::string& name, const WaveformReadOptions& options) {
    Reader reader(name, options);
    stream_json(text, reader, name);
    return reader.finish(name);
}

Labels formats::parse_waveform_json(std::istream& text, const std::string& name) {
    return {LabelFormat::waveform_json, {{"", read_waveforms(text, name, {}).timeline()}}, {}};
}

}  // namespace earshot::label
