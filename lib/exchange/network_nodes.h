#pragma once

#include <string>

#include "exchange/onnx_builder.h"
#include "network/graph.h"
#include "network/weights.h"

namespace earshot::exchange {

/// Writes a network as ONNX. What only training needs, such as dropout, is left out.
/// @param frames  [windows, K, D]
/// @param prefix  before the names of its arrays, where there are several networks
/// @param precision  of the arrays of two or more dimensions; the others, which are small, stay float32
/// @return        scores [windows, steps, classes]
/// @throws Error  for windows with too many frames or bands to be resampled by a matrix (op::Views)
Value add_network(OnnxBuilder& onnx, const network::Graph& graph, const network::Weights& weights,
                  network::Precision precision, const Value& frames, const std::string& prefix = {});

}  // namespace earshot::exchange
