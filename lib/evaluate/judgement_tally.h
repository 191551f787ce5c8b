#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluate/false_alarm_tally.h"
#include "evaluate/judge.h"
#include "metrics/evaluation.h"
#include "metrics/event_evaluation.h"
#include "model/model_file.h"

namespace earshot::evaluate {

/// Figures of a model over judged recordings.
class JudgementTally {
 public:
    struct Recording {
        std::string name;
        metrics::ConfusionMatrix confusion;
    };

    /// @param hop_s          from one window to the next; nothing if unknown, and of models of whole
    ///                       recordings, of which it is not known how long their background lasts
    /// @param per_recording  whether each recording's confusion is kept too
    JudgementTally(const model::ModelFile& model, std::optional<double> hop_s, bool per_recording,
                   const metrics::EventCriteria& criteria = {});

    /// @param judged  that has no problem
    void add(const std::string& name, const JudgedRecording& judged);

    std::size_t count() const { return count_; }        // recordings
    std::size_t left_out() const { return left_out_; }  // windows
    /// The first recording that does not say how its frames were computed.
    const std::optional<std::string>& unchecked() const { return unchecked_; }
    const metrics::Evaluation& evaluation() const { return evaluation_; }
    const std::vector<std::string>& labels() const { return model_.labels; }
    /// Labels that are no find, background and `unknown`.
    std::vector<std::string> quiet_labels() const { return {model_.background, model_.unknown}; }
    std::span<const double> thresholds() const { return model_.thresholds; }
    bool of_recordings() const { return model_.target == model::Target::recording; }
    /// Null without background.
    const FalseAlarmTally* false_alarms() const;
    const std::vector<Recording>& recordings() const { return recordings_; }
    /// Of the recordings that have a timeline; null if none has.
    metrics::EventEvaluation* events() { return events_.recordings() > 0 ? &events_ : nullptr; }
    /// Recordings without a timeline.
    std::size_t untimed() const { return count_ - events_.recordings(); }

    /// earshot-evaluate(1), --json, without the names of model and data.
    nlohmann::ordered_json json();

 private:
    model::ModelFile model_;
    bool per_recording_;
    metrics::Evaluation evaluation_;
    std::optional<FalseAlarmTally> false_alarms_;
    metrics::EventEvaluation events_;
    std::vector<Recording> recordings_;
    std::optional<std::string> unchecked_;
    std::size_t count_ = 0, left_out_ = 0;
};

}  // namespace earshot::evaluate
