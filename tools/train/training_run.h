#pragma once

#include <optional>
#include <string>

#include "model/cross_validation.h"
#include "model/model_file.h"
#include "model/tensorboard.h"
#include "tools/tool.h"
#include "tools/train/train_options.h"

namespace earshot::tools {

/// What a training run is made of, fixed before the first epoch.
struct TrainingRun {
    const TrainOptions& options;
    Context& context;
    std::string recipe = {};
    TrainingSet set = {};
    nlohmann::ordered_json architecture = {};
    FitOptions fit = {};
    Fold fold = {};
    std::optional<CrossValidation> crossed = {};
};

// What is said to people about it.

void describe_data(const TrainingRun& run);
std::string describe(const Epoch& epoch);
void describe_result(const TrainingRun& run, const ModelFile& model);

/// The model with everything about it but its weights.
ModelFile describe_model(const TrainingRun& run, const Trainer& trainer);

/// Curves and figures of the model, as describe_model() measured them, for trackers of experiments.
void log_result(const TrainingRun& run, const Trainer& trainer, const ModelFile& model, TensorBoardFile& log);

}  // namespace earshot::tools
