#pragma once

#include <optional>
#include <string>

#include "model/model_file.h"
#include "tools/tool.h"
#include "tools/train/train_options.h"
#include "train/cross_validation.h"
#include "train/tensorboard.h"

namespace earshot::tools {

/// What a training run is made of, fixed before the first epoch.
struct TrainingRun {
    const TrainOptions& options;
    Context& context;
    std::string recipe = {};
    train::TrainingSet set = {};
    nlohmann::ordered_json architecture = {};
    train::FitOptions fit = {};
    train::Fold fold = {};
    std::optional<train::CrossValidation> crossed = {};
};

// What is said to people about it.

void describe_data(const TrainingRun& run);
std::string describe(const train::Epoch& epoch);
void describe_result(const TrainingRun& run, const model::ModelFile& model);

/// The model with everything about it but its weights.
model::ModelFile describe_model(const TrainingRun& run, const train::Trainer& trainer);

/// Curves and figures of the model, as describe_model() measured them, for trackers of experiments.
void log_result(const TrainingRun& run, const train::Trainer& trainer, const model::ModelFile& model,
                train::TensorBoardFile& log);

}  // namespace earshot::tools
