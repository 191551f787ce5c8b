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
/// The format that the file name suggests; jsonl by default.
EventFormat event_format_of_name(const std::string& path);
/// Extension of a file of one recording's events, with its dot.
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
    bool flush_each = false;               // flush every line
    bool header = true;                    // written, in formats that have one
    std::string gap_label = "background";  // in labels.json, for what no event covers
};

/// @param output  must live as long as the writer
std::unique_ptr<EventWriter> make_event_writer(EventFormat format, Output& output,
                                               const EventWriterOptions& options);

}  // namespace earshot::detect
