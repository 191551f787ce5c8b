#pragma once

#include <nlohmann/json.hpp>

#include "exchange/onnx_builder.h"
#include "frontend/pretrained.h"
#include "windows/windowing.h"

namespace earshot::exchange {

/// Writes a front end as ONNX: the frames of a stretch of sound as if it were a whole recording. A frame that
/// only a part of a chunk is there for (`spectrum`) is left out.
/// @param settings  of the front end
/// @param samples   [N], at the front end's rate
/// @return          frames [T, D]
/// @throws Error    for wrong settings, and where a transform has no way into ONNX that is small enough
Value add_frontend(OnnxBuilder& onnx, const nlohmann::ordered_json& settings, const Value& samples);

/// The same for the front end `embedding`.
/// @param pretrained  the network that makes its frames, and its settings
/// @param precision   of the network's arrays
Value add_embedding(OnnxBuilder& onnx, const frontend::PretrainedFile& pretrained,
                    network::Precision precision, const Value& samples);

/// Writes how windows are cut from frames, as Windowing says: one every hop, the last one where the frames
/// end, and padding if there are fewer frames than in a window.
/// @param frames  [T, D], T at least 1
/// @return        [windows, K, D]
Value add_windows(OnnxBuilder& onnx, const Value& frames, const windows::Windowing& windowing);

}  // namespace earshot::exchange
