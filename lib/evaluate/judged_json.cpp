#include "evaluate/judged_json.h"

#include <cmath>

namespace earshot::evaluate {
namespace {

using PartJson = nlohmann::ordered_json;

PartJson intervals_json(const std::vector<metrics::Interval>& intervals) {
    PartJson json = PartJson::array();
    for (const auto& one : intervals) json.push_back({one.onset_s, one.offset_s});
    return json;
}

std::vector<metrics::Interval> intervals_of(const PartJson& json) {
    std::vector<metrics::Interval> intervals;
    for (const auto& one : json) intervals.push_back({one.at(0).get<double>(), one.at(1).get<double>()});
    return intervals;
}

/// A score that was not heard, infinity, is null.
PartJson timeline_json(const JudgedTimeline& timeline) {
    PartJson events = PartJson::array(), scores = PartJson::array();
    for (const auto& label : timeline.events)
        events.push_back({intervals_json(label.reference), intervals_json(label.detected)});
    for (const double score : timeline.scores.scores)
        scores.push_back(std::isfinite(score) ? PartJson(score) : PartJson());
    return {{"duration", timeline.duration_s},
            {"events", std::move(events)},
            {"times", timeline.scores.times_s},
            {"scores", std::move(scores)}};
}

JudgedTimeline timeline_of(const PartJson& json) {
    JudgedTimeline timeline;
    timeline.duration_s = json.at("duration").get<double>();
    for (const auto& label : json.at("events"))
        timeline.events.push_back({intervals_of(label.at(0)), intervals_of(label.at(1))});
    json.at("times").get_to(timeline.scores.times_s);
    for (const auto& score : json.at("scores"))
        timeline.scores.scores.push_back(score.is_null() ? metrics::ScoreSequence::kUnheard
                                                         : score.get<double>());
    return timeline;
}

}  // namespace

void to_json(nlohmann::ordered_json& json, const JudgedRecording& judged) {
    if (!judged.problem.empty()) {
        json = {{"problem", judged.problem}};
        return;
    }
    json = {{"left_out", judged.left_out}, {"frontend_checked", judged.frontend_checked},
            {"onsets", judged.onsets_s},   {"truths", judged.truths},
            {"scores", judged.scores},     {"damage", judged.damage}};
    for (const auto& [window, label] : judged.beside) json["beside"].push_back({window, label});
    if (judged.timeline) json["timeline"] = timeline_json(*judged.timeline);
}

void from_json(const nlohmann::ordered_json& json, JudgedRecording& judged) {
    if (json.contains("problem")) {
        json["problem"].get_to(judged.problem);
        return;
    }
    json.at("left_out").get_to(judged.left_out);
    json.at("frontend_checked").get_to(judged.frontend_checked);
    json.at("onsets").get_to(judged.onsets_s);
    json.at("truths").get_to(judged.truths);
    json.at("scores").get_to(judged.scores);
    json.at("damage").get_to(judged.damage);
    for (const auto& one : json.value("beside", PartJson::array()))
        judged.beside.push_back({one.at(0).get<std::size_t>(), one.at(1).get<std::size_t>()});
    if (json.contains("timeline")) judged.timeline = timeline_of(json["timeline"]);
}

}  // namespace earshot::evaluate
