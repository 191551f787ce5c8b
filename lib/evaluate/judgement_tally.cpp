#include "evaluate/judgement_tally.h"

#include <span>

#include "support/json_lines.h"

namespace earshot::evaluate {

using Json = nlohmann::ordered_json;

JudgementTally::JudgementTally(const model::ModelFile& model, std::optional<double> hop_s, bool per_recording,
                               const metrics::EventCriteria& criteria)
    : model_(model),
      per_recording_(per_recording),
      evaluation_(model.labels, model::open_set_rule(model)),
      events_(event_labels(model), criteria) {
    if (hop_s && !of_recordings()) false_alarms_.emplace(model, *hop_s);
}

void JudgementTally::add(const std::string& name, const JudgedRecording& judged) {
    const std::size_t classes = model_.labels.size();
    metrics::Evaluation own(model_.labels, model::open_set_rule(model_));
    auto beside = judged.beside.begin();
    std::vector<std::size_t> truths;
    for (std::size_t w = 0; w < judged.truths.size(); ++w) {
        const auto scores = std::span(judged.scores).subspan(w * classes, classes);
        truths = {judged.truths[w]};
        for (; beside != judged.beside.end() && beside->window == w; ++beside)
            truths.push_back(beside->label);
        evaluation_.add(truths, scores);
        if (per_recording_) own.add(truths, scores);
    }
    if (false_alarms_) false_alarms_->add(judged);
    if (const auto& timeline = judged.timeline)
        events_.add(timeline->events, timeline->duration_s, &timeline->scores);
    ++count_;
    left_out_ += judged.left_out;
    if (!judged.frontend_checked && !unchecked_) unchecked_ = name;
    if (per_recording_) recordings_.push_back({name, own.confusion()});
}

const FalseAlarmTally* JudgementTally::false_alarms() const {
    return false_alarms_ && false_alarms_->hours() > 0 ? &*false_alarms_ : nullptr;
}

Json JudgementTally::json() {
    Json report{{"recordings", count_}, {"left_out", left_out_}};
    report.update(metrics::evaluation_json(evaluation_));
    report["detection"] = metrics::detection_json(evaluation_, thresholds(), quiet_labels());
    if (const auto* alarms = false_alarms()) {
        report["background_hours"] = rounded(alarms->hours(), 6);
        for (std::size_t c = 0; c < labels().size(); ++c) {
            if (alarms->counts(c))
                report["labels"][labels()[c]]["false_alarms_per_hour"] = rounded(alarms->per_hour(c), 6);
        }
    }
    if (auto* found = events()) {
        report["events"] = metrics::event_json(*found, found->figures());
        report["events"]["left_out"] = untimed();
    }
    if (!per_recording_) return report;
    auto& list = report["by_recording"] = Json::array();
    for (const auto& [file, confusion] : recordings_) {
        list.push_back({{"file", file},
                        {"windows", confusion.total()},
                        {"accuracy", rounded(confusion.accuracy(), 6)},
                        {"balanced_accuracy", rounded(confusion.balanced_accuracy(), 6)}});
    }
    return report;
}

}  // namespace earshot::evaluate
