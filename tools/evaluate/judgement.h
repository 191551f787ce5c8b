#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "batch/batch.h"
#include "evaluate/judge.h"
#include "evaluate/judgement_tally.h"
#include "model/model_file.h"
#include "support/output.h"
#include "tools/batch_status.h"
#include "tools/evaluate/evaluate_options.h"
#include "tools/evaluate/report.h"
#include "tools/tool.h"

namespace earshot::tools {

/// One model judged on all data.
class Judgement {
 public:
    Judgement(const EvaluateOptions& options, Context& context);

    /// Scores all data, or reads the scores from parts. Reports on the console what could not be evaluated.
    /// @param scores  takes a row for each window, if not null
    /// @return  false if nothing could be judged
    bool judge(Output* scores);
    /// Has our part of the data scored, and writes that rather than a report.
    Exit write_part(Output& out);

    nlohmann::ordered_json json();
    std::string text() { return report_text(tally_, options_.per_recording); }
    const evaluate::JudgementTally& tally() const { return tally_; }
    Exit status() const { return exit_of(status_); }

 private:
    /// Takes what recording i of all, or of the parts that are merged, came to.
    using Take =
        std::function<void(std::size_t i, const std::string& name, const evaluate::JudgedRecording& judged)>;

    void find_items();
    std::string background_label() const;
    std::string model_hash() const;
    batch::BatchStatus judge_items(const Take& take, const Take& take_problem);
    batch::BatchStatus merge_parts(const Take& take);
    void make_judges(std::size_t count, std::size_t jobs);
    void check_fit(const evaluate::JudgedRecording& judged) const;
    void check_leave_out() const;
    void warn_of_unchecked() const;

    EvaluateOptions options_;
    Context& context_;
    std::shared_ptr<const model::Model> opened_;
    const model::ModelFile& model_;
    std::vector<evaluate::JudgedItem> items_;  // of all parts
    evaluate::JudgementTally tally_;
    std::vector<std::unique_ptr<evaluate::Judge>> judges_;  // one per worker
    std::size_t failed_ = 0;
    batch::BatchStatus status_ = batch::BatchStatus::ok;
};

}  // namespace earshot::tools
