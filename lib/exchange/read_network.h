#pragma once

#include <string>
#include <string_view>

#include "exchange/foreign_tensor.h"
#include "network/graph.h"
#include "network/weights.h"

namespace earshot::exchange {

/// A network that another program has made.
struct ForeignNetwork {
    network::Graph graph;  // frames [K, D] to vectors [steps, values]
    network::Weights weights;
    std::string result;  // the name of the value that the vectors are
};

struct ReadOptions {
    /// The value that gives the vectors, by name; `before OP`: what the last operation of this kind works on;
    /// empty: the first result.
    std::string result;
    /// K, where the file leaves it open.
    std::int64_t frames = 0;
    /// Of the frames, before the network.
    double scale = 1, offset = 0;
};

/// By which a network may be recognised.
struct ForeignSizes {
    std::int64_t frames = 0, bands = 0;  // K and D of its input
    std::int64_t classes = 0;            // the last dimension of its first result; 0 if the file does not say
};

/// Reads the sizes of a network alone, whatever its operations are. @throws Error that names the file
ForeignSizes read_sizes(const std::string& path, std::int64_t frames = 0);

/// Reads a network from ONNX or TFLite, as its content tells. Only what the result needs is read, and the
/// sizes of all of it are checked before memory is taken. Whole numbers of 8 bits become float32.
/// @throws Error that names the file, and the first operation that earshot lacks
ForeignNetwork read_network(const std::string& path, const ReadOptions& options);

// The formats. @param bytes  of the file

ForeignNetwork read_onnx(std::string_view bytes, const ReadOptions& options);
ForeignNetwork read_tflite(std::string_view bytes, const ReadOptions& options);
ForeignSizes onnx_sizes(std::string_view bytes, std::int64_t frames);
ForeignSizes tflite_sizes(std::string_view bytes, std::int64_t frames);

/// K and D of an input, whose dimensions of 1 at its front and end don't count.
/// @throws Error if there are more than two others
Shape frames_of_input(const Shape& shape);

}  // namespace earshot::exchange
