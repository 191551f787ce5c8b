#pragma once

#include <functional>

#include "network/torch/network.h"
#include "train/training_set.h"
#include "train/window_loader.h"

namespace earshot::train {

/// float32 [n, K·D], valid as long as the batch.
torch::Tensor windows_of(const WindowBatch& batch);

/// How many windows are read at once where there are no gradients.
std::size_t scoring_windows(const network::Network& network);

/// All windows of some examples as they are, in order.
void for_windows(const TrainingSet& set, const Rows& rows, const network::Network& network,
                 const std::function<void(const WindowBatch& batch, const torch::Tensor& windows)>& sink);

/// Fits standardisation to some examples.
void fit_input(const TrainingSet& set, const Rows& rows, network::Network& network);

/// The examples that a last layer is fitted to, thinned(): for linear at most so many that their features
/// take 256 MiB in double precision, for neighbours at most kMostExamples, else all.
Rows rows_to_fit(const TrainingSet& set, const Rows& rows, const network::Network& network);

}  // namespace earshot::train
