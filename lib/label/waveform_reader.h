#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "label/timeline.h"
#include "support/error.h"

namespace earshot::label {

/// A single waveform or label cannot be used, as opposed to the whole file.
class WaveformError : public Error {
 public:
    using Error::Error;
};

/// The contents of a file of labelled waveforms, without the samples.
struct WaveformList {
    struct Entry {
        std::size_t samples = 0;
        std::string label;
        std::string problem;  // "waveform 7: no samples"; empty if it can be used
    };
    double rate_hz = 0;
    std::vector<Entry> entries;  // in the order of the file

    /// The waveforms concatenated into one recording, with an event for each; unusable ones leave a gap.
    Timeline timeline() const;
};

/// Receives the samples of waveform `index` (from 0) once it is complete. Its label may come later.
using WaveformSink = std::function<void(std::size_t index, std::span<const float> samples)>;

struct WaveformReadOptions {
    bool keep_bad = false;  // list unusable waveforms with their problem instead of throwing
    WaveformSink sink;      // receives usable waveforms
};

/// Reads {"waveforms": [[...], ...], "labels": ["OK", ...], "fs": 44100}, or the older form of the same,
/// [{"Waveform": [...], "Labels": 0}, ...], where 0 is OK, 1 is NG, and the rate is 44.1 kHz. It is
/// streamed one waveform at a time, since such files may be far larger than memory.
/// @param name  of the file, for messages
/// @throws Error, with line or entry, for invalid JSON or another structure; WaveformError for a waveform or
/// label that cannot be used, or one without the other, unless keep_bad
WaveformList read_waveforms(std::istream& text, const std::string& name, const WaveformReadOptions& options);

}  // namespace earshot::label
