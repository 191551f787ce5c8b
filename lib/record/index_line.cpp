#include "record/index_line.h"

#include "support/json_lines.h"

namespace earshot::record {

nlohmann::ordered_json IndexLine::json() const {
    const auto seconds = [&](std::int64_t count) {
        return rounded(static_cast<double>(count) / format.rate_hz, 6);
    };
    nlohmann::ordered_json row{{"time", utc_text(start)},
                               {"duration", seconds(frames)},
                               {"frames", frames},
                               {"rate", format.rate_hz},
                               {"channels", format.channels},
                               {"max_amp", rounded(static_cast<double>(levels.max_amp()), 6)},
                               {"rms_dbfs", rounded(levels.rms_dbfs(), 2)},
                               {"clipped", levels.clipped()},
                               {"overruns", overruns}};
    if (position) row["position"] = *position;
    if (gap)
        row["gap"] = {{"frames", gap->frames},
                      {"seconds", seconds(gap->frames)},
                      {"cause", capture::gap_cause_name(gap->cause)}};
    if (!device.empty()) row["device"] = device;
    return row;
}

}  // namespace earshot::record
