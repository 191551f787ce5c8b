#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "batch/journal.h"
#include "model/model.h"
#include "tools/detect/detect_options.h"

namespace earshot::tools {

/// The journal of a batch, if its output can be completed by a later run: a file or a directory, not a pipe
/// or standard output. It is a hidden file beside the output, or in the directory.
/// @param settings  all that results depend on besides model, weights, sound and overlap, which are added
void open_journal(std::optional<batch::Journal>& journal, const model::ModelHashes& model,
                  const DetectOptions& options, const nlohmann::ordered_json& settings);

/// Everything that events depend on besides.
nlohmann::ordered_json event_settings(const DetectOptions& options);

}  // namespace earshot::tools
