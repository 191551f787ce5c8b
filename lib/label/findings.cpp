#include "label/findings.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace earshot::label {

std::string_view finding_name(FindingKind kind) {
    static constexpr std::array<std::string_view, 5> names{"past-end", "unknown-label", "overlap", "gap",
                                                           "no-duration"};
    return names[static_cast<std::size_t>(kind)];
}

std::vector<Finding> check_timeline(const Timeline& timeline, double duration_s, const CheckRules& rules) {
    std::vector<Finding> findings;
    const Event* covering = nullptr;  // of the events so far, the one that lasts longest
    const auto covered_s = [&] { return covering ? covering->offset_s : 0.0; };
    const auto look_for_gap = [&](double until_s) {
        if (rules.gaps && until_s > covered_s() + rules.tolerance_s) {
            findings.push_back({FindingKind::gap, covered_s(), until_s, ""});
        }
    };
    for (const auto& event : timeline.events) {
        look_for_gap(std::min(event.onset_s, duration_s));
        if (covering && event.onset_s < covered_s()) {
            findings.push_back({FindingKind::overlap, event.onset_s, std::min(event.offset_s, covered_s()),
                                covering->label + " and " + event.label});
        }
        const bool ends_late =
            std::isfinite(event.offset_s) && event.offset_s > duration_s + rules.tolerance_s;
        if (ends_late || event.onset_s > duration_s + rules.tolerance_s) {
            findings.push_back({FindingKind::past_end, event.onset_s, event.offset_s, event.label});
        }
        if (event.offset_s <= event.onset_s) {
            findings.push_back({FindingKind::no_duration, event.onset_s, event.offset_s, event.label});
        }
        if (rules.known && std::ranges::find(*rules.known, event.label) == rules.known->end()) {
            findings.push_back({FindingKind::unknown_label, event.onset_s, event.offset_s, event.label});
        }
        if (!covering || event.offset_s > covering->offset_s) covering = &event;
    }
    look_for_gap(duration_s);
    return findings;
}

}  // namespace earshot::label
