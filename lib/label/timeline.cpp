#include "label/timeline.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <tuple>

namespace earshot {

void Timeline::sort() {
    const auto key = [](const Event& event) { return std::tie(event.onset_s, event.offset_s, event.label); };
    std::ranges::stable_sort(events, {}, key);
}

int Timeline::clip(double duration_s, double tolerance_s) {
    const double limit_s = duration_s + tolerance_s;
    int changed = 0;
    for (auto& event : events) {
        if (event.onset_s > limit_s || (std::isfinite(event.offset_s) && event.offset_s > limit_s)) ++changed;
        event.offset_s = std::min(event.offset_s, duration_s);
    }
    std::erase_if(events, [&](const Event& event) { return event.onset_s >= duration_s; });
    return changed;
}

std::optional<Timeline::Cover> Timeline::dominant(double onset_s, double offset_s) const {
    struct Tally {
        double seconds = 0;
        double until_s = 0;  // counted up to here
    };
    std::map<std::string_view, Tally> tallies;
    for (const auto& event : events) {
        if (event.onset_s >= offset_s) break;
        if (event.offset_s <= onset_s) continue;
        auto& tally = tallies.try_emplace(event.label, Tally{0, onset_s}).first->second;
        const double until_s = std::min(event.offset_s, offset_s);
        tally.seconds += std::max(0.0, until_s - std::max(event.onset_s, tally.until_s));
        tally.until_s = std::max(tally.until_s, until_s);
    }
    const auto most =
        std::ranges::max_element(tallies, {}, [](const auto& entry) { return entry.second.seconds; });
    if (most == tallies.end() || most->second.seconds <= 0) return std::nullopt;
    return Cover{std::string(most->first), most->second.seconds};
}

}  // namespace earshot
