// Audacity label track: onset TAB offset TAB label, one event per line.

#include <fmt/format.h>

#include "label/delimited.h"
#include "label/formats.h"
#include "label/label_text.h"
#include "support/error.h"

namespace earshot::label::formats {

Labels parse_audacity(std::string_view text, const std::string& name) {
    Labels labels{LabelFormat::audacity, {}, {}};
    auto& events = labels.recordings[""].events;
    bool frequencies = false;
    DelimitedReader reader(text, name, '\t');
    reader.each_row([&] {
        const auto& fields = reader.fields();
        if (fields.front() == "\\") {  // the frequency range of the previous line (spectral selection)
            frequencies = true;
            return;
        }
        if (fields.size() != 3) {
            throw Error(
                fmt::format("{} fields, expected onset, offset and label, separated by tabs", fields.size()));
        }
        events.push_back(checked_event(fields[0], fields[1], fields[2]));
    });
    if (frequencies) labels.warnings.push_back(name + ": frequency ranges are ignored");
    return labels;
}

void write_audacity(const Labels& labels, Output& out) {
    for (const auto& event : only_recording(labels, LabelFormat::audacity).events) {
        require_offset(event, LabelFormat::audacity);
        out.write(fmt::format("{}\t{}\t{}\n", seconds_text(event.onset_s), seconds_text(event.offset_s),
                              writable_label(event.label)));
    }
}

}  // namespace earshot::label::formats
