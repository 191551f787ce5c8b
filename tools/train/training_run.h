#pragma once

#include <string>

#include "tools/tool.h"
#include "tools/train/train_options.h"
#include "train/tensorboard.h"
#include "train/trained_model.h"

namespace earshot::tools {

/// A training run, with what the user asked for and where to report.
struct TrainingRun : train::Training {
    const TrainOptions& options;
    Context& context;
    std::string pretrained;  // the file of the network that made the frames; empty if none did
};

/// The pretrained network that the frames of a training set were made with: a file beside its datasets. Empty
/// if they were not made with one. @throws Error if it is not there, or is another one
std::string find_pretrained(const train::TrainingSet& set);
/// Copies the network into a model directory, or links to it.
void keep_pretrained(const TrainingRun& run, const std::string& directory);

// What is said to people about it.

void describe_data(const TrainingRun& run);
std::string describe(const train::Epoch& epoch);
void describe_result(const TrainingRun& run, const model::ModelFile& model);

/// Command line, seed, versions and hashes of the data: all that is needed to train the model again.
nlohmann::ordered_json provenance(const TrainingRun& run);

/// Writes the figures and curves that describe_model() measured for trackers of experiments.
void log_result(const train::Trainer& trainer, const metrics::Evaluation& evaluation,
                train::TensorBoardFile& log);

}  // namespace earshot::tools
