#pragma once

#include "capture/live_source.h"
#include "tools/record/control.h"
#include "tools/record/record_options.h"
#include "tools/record/sink.h"

namespace earshot::tools {

/// Moves sound from the source into the sink until the source ends, --duration is over or the user asks to
/// stop. What there is is kept in any case. @throws Error when the source fails, after the sink was closed
void record_session(capture::LiveSource& source, Sink& sink, Control& control, const RecordOptions& options,
                    Console& console);

}  // namespace earshot::tools
