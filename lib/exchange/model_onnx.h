#pragma once

#include <string>

#include "frontend/pretrained.h"
#include "model/model_file.h"
#include "network/graph.h"
#include "network/weights.h"

namespace earshot::exchange {

struct ExportOptions {
    bool frames = false;  // the front end is left out: frames in rather than samples
    network::Precision weights = network::Precision::float32;
    const frontend::PretrainedFile* pretrained = nullptr;  // needed where its vectors are the model's frames
    std::string version;                                   // of earshot, for the metadata
};

/// A model as an ONNX file (ModelProto, opset 13). Samples of a stretch of sound in, or the frames of
/// windows; out come scores [windows, steps, classes], those of `unknown` included. Its metadata say all else
/// that model.json does and a listener needs. earshot-export(1).
/// @throws Error if the parts of the model do not fit each other, or ONNX has no way to say what it does
std::string onnx_model(const model::ModelFile& model, const network::Graph& graph,
                       const network::Weights& weights, const ExportOptions& options);

}  // namespace earshot::exchange
