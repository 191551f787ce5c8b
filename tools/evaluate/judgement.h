#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataset/catalogue.h"
#include "evaluate/false_alarm_tally.h"
#include "evaluate/judge.h"
#include "metrics/evaluation.h"
#include "model/model_file.h"
#include "support/output.h"
#include "tools/evaluate/evaluate_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// One model judged on all data.
class Judgement {
 public:
    Judgement(const EvaluateOptions& options, Context& context);

    /// Has all data scored. @param scores  takes a row for each window, if not null
    /// @return  whether anything could be judged; what could not is named on the console
    bool judge(Output* scores);

    const metrics::Evaluation& evaluation() const { return evaluation_; }
    nlohmann::ordered_json json() const;
    std::string text() const;
    /// Every point of the curves: a TSV.
    void write_curves(Output& out) const;
    Exit status() const { return failed_ > 0 || damaged_ > 0 ? Exit::partial : Exit::ok; }

 private:
    void find_items(const std::vector<std::string>& paths, const std::optional<std::string>& background);
    std::string background_label() const;
    std::size_t batches() const { return (items_.size() + together_ - 1) / together_; }
    void account(std::size_t i, const evaluate::JudgedRecording& judged, Output* scores);
    void write_scores(Output& out, const std::string& file, double onset_s, std::size_t truth,
                      std::span<const float> scores) const;
    void check_leave_out() const;
    void warn_of_unchecked() const;

    EvaluateOptions options_;
    Context& context_;
    std::shared_ptr<const model::Model> opened_;
    const model::ModelFile& model_;
    std::vector<evaluate::JudgedItem> items_;
    metrics::Evaluation evaluation_;
    std::optional<evaluate::FalseAlarmTally> false_alarms_;  // nothing if nobody says how long frames are
    std::size_t together_ = 1;                               // recordings in a batch
    std::size_t workers_ = 1;
    std::vector<std::unique_ptr<evaluate::Judge>> judges_;                      // one a worker
    std::vector<std::pair<std::string, metrics::ConfusionMatrix>> recordings_;  // with --per-recording
    std::vector<std::string> unchecked_;
    std::size_t left_out_ = 0, failed_ = 0, damaged_ = 0;
};

}  // namespace earshot::tools
