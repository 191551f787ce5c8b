#include "label/timeline.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace earshot::label {

bool Event::is_of_recording() const { return onset_s == 0 && std::isinf(offset_s); }

bool Timeline::is_weak() const {
    return !events.empty() && std::ranges::all_of(events, &Event::is_of_recording);
}

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

void Timeline::keep_strongest() {
    // Between consecutive event boundaries, nothing changes.
    std::vector<double> places;
    for (const auto& event : events) places.insert(places.end(), {event.onset_s, event.offset_s});
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());

    const auto weaker = [this](std::size_t a, std::size_t b) {
        const double score_a = events[a].score.value_or(0), score_b = events[b].score.value_or(0);
        return score_a != score_b ? score_a < score_b : a > b;
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(weaker)> sounding(weaker);
    std::vector<Event> kept;
    std::size_t next = 0, last = events.size();  // last: the event of which kept.back() is a part
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
        for (; next < events.size() && events[next].onset_s <= places[i]; ++next) sounding.push(next);
        while (!sounding.empty() && events[sounding.top()].offset_s <= places[i]) sounding.pop();
        if (sounding.empty()) continue;
        const std::size_t strongest = sounding.top();
        if (strongest == last && kept.back().offset_s == places[i]) {
            kept.back().offset_s = places[i + 1];
            continue;
        }
        kept.push_back(events[strongest]);
        kept.back().onset_s = places[i];
        kept.back().offset_s = places[i + 1];
        last = strongest;
    }
    events = std::move(kept);
}

std::vector<Timeline::Cover> Timeline::covers(double onset_s, double offset_s) const {
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
    std::vector<Cover> covers;
    for (const auto& [label, tally] : tallies) {
        if (tally.seconds > 0) covers.push_back({std::string(label), tally.seconds});
    }
    return covers;
}

std::optional<Timeline::Cover> Timeline::dominant(double onset_s, double offset_s) const {
    const auto all = covers(onset_s, offset_s);
    const auto most = std::ranges::max_element(all, {}, &Cover::seconds);
    return most == all.end() ? std::nullopt : std::optional(*most);
}

}  // namespace earshot::label
