#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "label/timeline.h"
#include "support/output.h"

namespace earshot::detect {

/// earshot-formats(5), EVENTS.
enum class EventFormat {
    jsonl,       // {"file": ..., "onset": ..., "offset": ..., "label": ..., "score": ...}
    csv,         // file,onset,offset,label,score
    tsv,         // filename onset offset event_label, as the DCASE challenges have it
    audacity,    // onset TAB offset TAB label; one recording
    labels_json  // {"00:00": "background", "02:13": "cry"}; one recording, written at its end
};

/// Names as --format takes them: jsonl, csv, tsv, audacity, labels-json.
std::span<const std::string_view> event_format_names();
EventFormat parse_event_format(std::string_view name);
/// The format that a file name implies; jsonl if it implies none.
EventFormat event_format_of_name(const std::string& path);
/// The extension of a file with one recording's events, dot included.
std::string_view event_format_extension(EventFormat format);
/// True for formats that don't say which recording an event is in.
bool is_for_one_recording(EventFormat format);

/// Writes events: seconds to the millisecond, scores to four decimals. Does not close the output.
class EventWriter {
 public:
    virtual ~EventWriter() = default;
    virtual void write(const std::string& file, const label::Event& event) = 0;
    virtual void end_recording(const std::string& file) = 0;
};

struct EventWriterOptions {
    bool flush_each = false;               // after every line
    std::string gap_label = "background";  // in labels.json, where there is no event
};

/// @param output  must live as long as the writer
std::unique_ptr<EventWriter> make_event_writer(EventFormat format, Output& output,
                                               const EventWriterOptions& options);

}  // namespace earshot::detect
