#pragma once

#include "metrics/evaluation.h"
#include "model/model_file.h"
#include "train/training.h"

namespace earshot::train {

/// A model after training: thresholds are chosen and its answers measured.
struct TrainedModel {
    model::ModelFile file;           // all but `provenance`
    metrics::Evaluation evaluation;  // of the answers that `file.metrics` describes
};

/// Chooses the thresholds of a model and measures its answers. Both use the held-out scores of the
/// cross-validation if there was one; otherwise the validation data, or the training data if nothing was held
/// out. Examples of unknown sounds, which are never learnt, are added to each of these. `metrics` says which
/// data it was, and has the figures on test data under "test" if there is any.
TrainedModel describe_model(const Training& training, const Trainer& trainer);

}  // namespace earshot::train
