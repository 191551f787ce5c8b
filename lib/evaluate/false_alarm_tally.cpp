#include "evaluate/false_alarm_tally.h"

#include "metrics/open_set.h"

namespace earshot::evaluate {

FalseAlarmTally::FalseAlarmTally(const model::ModelFile& model, double hop_s)
    : hop_s_(hop_s), thresholds_(model.thresholds), alarms_(model.labels.size()) {
    for (const auto& label : model.labels)
        tag_.push_back(label != model.background && label != model.unknown);
}

void FalseAlarmTally::add(const JudgedRecording& recording) {
    std::vector<metrics::BackgroundRun> runs;
    const std::size_t labels = tag_.size(), count = recording.truths.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (tag_[recording.truths[i]]) continue;
        ++windows_;
        metrics::add_window(runs, i,
                            i > 0 && recording.onsets_s[i] - recording.onsets_s[i - 1] < 1.5 * hop_s_);
    }
    std::vector<float> scores(count);
    for (std::size_t c = 0; c < labels; ++c) {
        if (!tag_[c]) continue;
        for (std::size_t i = 0; i < count; ++i) scores[i] = recording.scores[i * labels + c];
        alarms_[c] += metrics::false_alarms(scores, runs, thresholds_[c]);
    }
}

}  // namespace earshot::evaluate
