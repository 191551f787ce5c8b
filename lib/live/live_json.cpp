#include "live/live_json.h"

#include "support/json_lines.h"

namespace earshot::live {

nlohmann::ordered_json live_event_json(const std::string& device, const LiveEvent& event, EventState state) {
    nlohmann::ordered_json row{{"file", device}, {"onset", rounded(event.event.onset_s, 3)}};
    if (state != EventState::start) row["offset"] = rounded(event.event.offset_s, 3);
    row["label"] = event.event.label;
    if (event.event.score) row["score"] = rounded(*event.event.score, 4);
    row["time"] = utc_text(event.time);
    if (state != EventState::whole) row["state"] = state == EventState::start ? "start" : "end";
    return row;
}

nlohmann::ordered_json live_rejection_json(const std::string& device, const LiveRejection& rejection) {
    auto row = detect::rejection_row(device, rejection.rejection);
    row["time"] = utc_text(rejection.time);
    return row;
}

nlohmann::ordered_json live_gap_json(const std::string& device, const LiveGap& gap) {
    return {{"file", device},
            {"onset", rounded(gap.onset_s, 3)},
            {"offset", rounded(gap.offset_s, 3)},
            {"gap", capture::gap_cause_name(gap.cause)},
            {"time", utc_text(gap.time)}};
}

}  // namespace earshot::live
