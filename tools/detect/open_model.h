#pragma once

#include <memory>

#include "model/model.h"
#include "tools/detect/detect_options.h"

namespace earshot::tools {

/// The model that the options name: a directory, or the classes of a pretrained network (--pretrained).
/// @throws UsageError for options that do not fit the network, Error for files that cannot be used
std::shared_ptr<const model::Model> open_model(const DetectOptions& options,
                                               model::Model::Use use = model::Model::Use::recordings);

}  // namespace earshot::tools
