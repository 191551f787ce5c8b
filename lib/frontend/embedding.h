#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/frontend.h"
#include "frontend/pretrained.h"
#include "network/weights.h"

namespace earshot::frontend {

/// The front end `embedding`: what a network that others have trained makes of the frames of another front
/// end. The network sees windows of `frames` of them, one every `hop`, and makes `steps` vectors of each, the
/// frames of this front end: one every hop / steps frames, so that is how far apart they should lie within a
/// window too (network::time_stride()). Windows are those that the sound fills; `pad_s` of silence before and
/// after it make room for more, so that short sounds have a window too.
///
/// Settings: {"kind": "embedding", "network" (a name), "file" (where it came from), "hash" (of that file),
/// "result" (the value in it that the vectors are), "frames", "hop", "steps", "dimension", "pad_s", "weights"
/// (network::Precision to which they were rounded; float32 where not given), "input" (settings of the other
/// front end)}
///
/// @param pretrained  of the same settings; without it the front end has a shape and takes no sound
std::unique_ptr<Frontend> make_embedding(const nlohmann::ordered_json& settings,
                                         std::shared_ptr<const Pretrained> pretrained);

/// What a network takes and makes.
struct EmbeddingShape {
    std::int64_t frames, bands, hop, steps, dimension;
    network::Precision weights;
};
/// @throws Error for settings that are no embedding's
EmbeddingShape embedding_shape(const nlohmann::ordered_json& settings);

inline bool is_embedding(const nlohmann::ordered_json& settings) {
    return settings.is_object() && settings.value("kind", nlohmann::ordered_json()) == "embedding";
}

}  // namespace earshot::frontend
