#pragma once

#include "capture/live_source.h"
#include "tools/record/control.h"
#include "tools/record/record_options.h"
#include "tools/record/sink.h"

namespace earshot::tools {

/// Copies sound from the source to the sink until the source ends, --duration has passed or the user asks to
/// stop. Everything received is kept in any case. @throws Error if the source fails, after closing the sink
void record_session(capture::LiveSource& source, Sink& sink, Control& control, const RecordOptions& options,
                    Console& console);

}  // namespace earshot::tools
