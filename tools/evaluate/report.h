#pragma once

#include <span>
#include <string>

#include "evaluate/judgement_tally.h"
#include "support/output.h"

namespace earshot::tools {

/// The figures as tables for people.
std::string report_text(evaluate::JudgementTally& tally, bool per_recording);

/// Every point of the curves, as TSV.
void write_curves(Output& out, const evaluate::JudgementTally& tally);

/// The windows of a recording with truth and scores, as TSV.
void write_scores_header(Output& out, const std::vector<std::string>& labels);
void write_scores(Output& out, const std::string& file, const evaluate::JudgedRecording& judged,
                  const std::vector<std::string>& labels);

}  // namespace earshot::tools
