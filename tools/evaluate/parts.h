#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evaluate/judge.h"
#include "support/output.h"

namespace earshot::tools {

// What earshot evaluate --shard writes and --merge reads: JSON lines. The first, in the first part only, says
// what was judged, and each other what one recording came to.

/// What parts of one evaluation have in common.
struct PartsHeader {
    std::string model;              // hash of its model.json
    std::vector<std::string> data;  // as given
    std::size_t recordings = 0;     // of all parts
};

void write_header(Output& out, const PartsHeader& header);

/// @param number  of the recording, from 0, in all parts together
void write_recording(Output& out, std::size_t number, const std::string& file,
                     const evaluate::JudgedRecording& judged);

using PartSink = std::function<void(const std::string& file, const evaluate::JudgedRecording& judged)>;

/// Reads the parts, which may be several files in any order, or one that holds all of them in order. `-` is
/// standard input.
/// @throws Error unless they are all there, and each recording once
PartsHeader read_parts(const std::vector<std::string>& files, const PartSink& sink);

}  // namespace earshot::tools
