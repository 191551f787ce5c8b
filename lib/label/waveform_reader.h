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

/// One waveform or label of a file that cannot be used, as opposed to the file.
class WaveformError : public Error {
 public:
    using Error::Error;
};

/// What a file of labelled waveforms says but for the samples.
struct WaveformList {
    struct Entry {
        std::size_t samples = 0;
        std::string label;
        std::string problem;  // "waveform 7: no samples"; empty if it can be used
    };
    double rate_hz = 0;
    std::vector<Entry> entries;  // in the order of the file

    /// The waveforms one after the other as one recording, an event each; those with a problem leave a gap.
    Timeline timeline() const;
};

/// Takes the samples of a waveform, counted from 0, once all of it is read. Its label may come later.
using WaveformSink = std::function<void(std::size_t index, std::span<const float> samples)>;

struct WaveformReadOptions {
    bool keep_bad = false;  // waveforms that cannot be used are listed with their problem, not thrown
    WaveformSink sink;      // of those whose samples can be used
};

/// Reads {"waveforms": [[...], ...], "labels": ["OK", ...], "fs": 44100}, or the older form of the same,
/// [{"Waveform": [...], "Labels": 0}, ...], where 0 is OK, 1 is NG, and the rate is 44.1 kHz. A stream, held
/// in memory one waveform at a time: such files may be far larger than memory.
/// @param name  of the file, for messages
/// @throws Error for what is not JSON or of another shape, with line or entry; WaveformError for a waveform
/// or label that cannot be used, or one without the other, unless keep_bad
WaveformList read_waveforms(std::istream& text, const std::string& name, const WaveformReadOptions& options);

}  // namespace earshot::label
