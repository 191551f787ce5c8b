#pragma once

#include "tools/evaluate/evaluate_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// Judges the events of any program (--detections, --score-tables) against labels; no model is needed.
Exit judge_timelines(const EvaluateOptions& options, Context& context);

}  // namespace earshot::tools
