#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace earshot {

// No LibTorch here: what commands need to know of networks to ask for one.

/// How the input layer compresses magnitudes, whose range is far too wide for a dense layer, before it
/// standardises them.
///   none   x
///   sqrt   sqrt(max(x, 0))
///   log    ln(max(x, 0) + floor): differences become ratios; `floor` is what counts as silence
struct Compression {
    std::string kind = "log";
    double floor = 1e-5;  // in units of the frames; the spectrum front end gives 1 for a full-scale sine
};

/// The dense network of the spectrum recipe: D -> 2 D -> 0.75 D -> classes, ReLU between, softmax at the end.
/// @param dropout  share of hidden units silenced in training, [0, 1)
nlohmann::ordered_json mlp_architecture(std::int64_t inputs, std::int64_t classes,
                                        const Compression& compression, double dropout);

}  // namespace earshot
