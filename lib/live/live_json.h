#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "live/live_sink.h"

namespace earshot::live {

/// Whether a line describes a whole event, or only its start or end.
enum class EventState { whole, start, end };

/// earshot-formats(5), EVENTS: {"file": "default", "onset": ..., "offset": ..., "label": ..., "score": ...,
/// "time": "2024-02-29T23:59:58.123Z"}, and "state" for a start or end; a start has no offset yet.
nlohmann::ordered_json live_event_json(const std::string& device, const LiveEvent& event,
                                       EventState state = EventState::whole);

/// earshot-formats(5), REJECTED: detect::rejection_row() and "time".
nlohmann::ordered_json live_rejection_json(const std::string& device, const LiveRejection& rejection);

/// {"file": "default", "onset": ..., "offset": ..., "gap": "overrun", "time": ...}
nlohmann::ordered_json live_gap_json(const std::string& device, const LiveGap& gap);

}  // namespace earshot::live
