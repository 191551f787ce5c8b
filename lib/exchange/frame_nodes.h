#pragma once

#include "exchange/onnx_builder.h"

namespace earshot::exchange {

// Operations of a graph that prepare frames (ops.h), from operations that ONNX has. Axes are ONNX's: windows
// first.

/// @param axes  all but that of windows
Value noise_floor(OnnxBuilder& b, const Value& x, const network::op::NoiseFloor& floor, const Shape& axes);

/// @param x      [windows, K, D]
/// @param shape  [K, D]
Value time_features(OnnxBuilder& b, const Value& x, const network::op::TimeFeatures& features,
                    const Shape& shape);

/// @param x     [windows, planes, steps, D]
/// @param even  one deviation for all bands of a plane
Value standardised_by_window(OnnxBuilder& b, const Value& x, bool even);

/// @param x      [windows, K, D]
/// @param shape  [K, D]
/// @return       [windows views, K, D]
Value frame_views(OnnxBuilder& b, const Value& x, const network::op::Views& views, const Shape& shape);

/// @param x      [windows views, shape...]
/// @return       [windows, shape...]
Value merged_views(OnnxBuilder& b, const Value& x, const network::op::MergeViews& merge, std::int64_t views,
                   const Shape& shape);

}  // namespace earshot::exchange
