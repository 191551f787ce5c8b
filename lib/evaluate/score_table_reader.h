#pragma once

#include <string>
#include <vector>

#include "metrics/threshold_sweep.h"

namespace earshot::evaluate {

/// Reads the scores of one recording as `earshot detect --scores` and sed_scores_eval write them: TSV (or
/// CSV) with columns onset, offset, and one for each label. earshot-formats(5), SCORES.
/// @param labels  whose scores to read, in this order; of one without a column, all are
///                ScoreSequence::kUnheard. Other columns are ignored
/// @throws Error for what is no such file, with the line
metrics::ScoreSequence read_score_table(const std::string& path, const std::vector<std::string>& labels);

/// The tables of a directory (*.tsv), sorted by name. @throws Error if there are none
std::vector<std::string> score_tables(const std::string& directory);

}  // namespace earshot::evaluate
