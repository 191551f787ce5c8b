#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/evaluate/evaluate_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// Writes a table of models, the best one first: by the macro F1 on the data, or, if there are none, by what
/// training measured (on test data, if it had any). A model that cannot be judged is named on the console.
Exit rank_models(const std::vector<std::string>& models, const EvaluateOptions& options, Context& context);

std::string json_text(const nlohmann::ordered_json& json);

}  // namespace earshot::tools
