// Whatever the bytes are, readers give sound labels or one line that says what is wrong.

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "label/label_file.h"
#include "support/error.h"

namespace earshot::label {
namespace {

const std::map<LabelFormat, std::string>& samples() {
    static const std::map<LabelFormat, std::string> texts{
        {LabelFormat::labels_json,
         "{\"00:00\": \"negative\", \"02:13\": \"positive\", \"1:02:13.250\": \"\"}\n"},
        {LabelFormat::audacity, "0.5\t1.5\tdog\n\\\t100\t2000\n2e1\t30\tHündin\n"},
        {LabelFormat::dcase,
         "filename\tonset\toffset\tevent_label\na.wav\t0.5\t1.5\tdog\nb.wav\t\t\t\na.wav\t0\t1\tcat\n"},
        {LabelFormat::raven,
         "Selection\tBegin Time (s)\tEnd Time (s)\tBegin File\tFile Offset (s)\tSpecies\n"
         "1\t0.5\t1.5\ta.wav\t0.5\twren\n2\t60.5\t61.5\tb.wav\t0.5\towl\n"},
        {LabelFormat::csv, "file,label,fold\r\n\"a, \"\"b\"\".wav\",dog,1\r\nc.wav,cat,2\r\n"},
        {LabelFormat::word_bounds, "{\"a\": [0.5, 1.5], \"b\": [12.855, 13.615]}"},
        {LabelFormat::waveform_json,
         "{\"waveforms\": [[0.5, -1e-3], [1]], \"labels\": [\"OK\", \"NG\"], \"fs\": 44100, \"x\": [{}]}"},
    };
    return texts;
}

/// Changes, removes, doubles or moves a few bytes, most often to ones that mean something.
std::string damaged(std::string text, std::mt19937& random) {
    static const std::string telling = "\t\n\r\",;:{}[]0123456789.-+eE\\ \xFF\xC3";
    const auto place = [&] { return random() % (text.size() + 1); };
    for (auto changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
        const auto at = place(), length = std::min(text.size() - at, std::size_t{random() % 8});
        switch (random() % 4) {
            case 0:
                text.insert(at, 1, telling[random() % telling.size()]);
                break;
            case 1:
                text.erase(at, length);
                break;
            case 2:
                text.insert(place(), text.substr(at, length));
                break;
            default:
                if (at < text.size()) text[at] = static_cast<char>(random());
        }
    }
    return text;
}

void expect_sound(const Labels& labels, const std::string& text) {
    for (const auto& [key, timeline] : labels.recordings) {
        double onset_s = 0;
        for (const auto& event : timeline.events) {
            EXPECT_GE(event.onset_s, onset_s) << text;
            EXPECT_GE(event.offset_s, event.onset_s) << text;
            EXPECT_TRUE(std::isfinite(event.onset_s)) << text;
            EXPECT_FALSE(event.label.empty()) << text;
            onset_s = event.onset_s;
        }
    }
}

TEST(DamagedLabels, are_read_or_refused_in_one_line) {
    std::mt19937 random(11);
    int read = 0, refused = 0;
    for (int round = 0; round < 4000; ++round) {
        for (const auto& [format, sample] : samples()) {
            const auto text = damaged(sample, random);
            try {
                expect_sound(parse_labels(text, "x", format), text);
                ++read;
            } catch (const Error& error) {
                const std::string message = error.what();
                EXPECT_TRUE(message.starts_with("x: ")) << message;
                EXPECT_EQ(message.find('\n'), std::string::npos) << message;
                ++refused;
            }
        }
    }
    EXPECT_GT(read, 1000) << "the damage leaves nothing to read";
    EXPECT_GT(refused, 1000) << "the damage does nothing";
}

TEST(DamagedLabels, are_taken_for_some_format_or_none) {
    std::mt19937 random(12);
    for (int round = 0; round < 2000; ++round) {
        for (const auto& [format, sample] : samples()) {
            const auto text = damaged(sample, random);
            try {
                guess_label_format(text, "x");
            } catch (const Error&) {
            }
        }
    }
}

}  // namespace
}  // namespace earshot::label
