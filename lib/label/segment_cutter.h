#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audio/source.h"
#include "audio/writer.h"
#include "label/timeline.h"

namespace earshot::label {

/// Text as a part of a file name: characters that shells, file systems or people trip over become `_`,
/// letters of all scripts stay, and what is longer than 80 bytes is cut off. Never empty.
std::string file_name_part(std::string_view text);

struct CutOptions {
    std::string directory;           // which exists
    std::string extension = ".wav";  // or another that AudioWriter knows
    audio::SampleEncoding encoding = audio::SampleEncoding::pcm24;
};

/// A labelled segment as it was cut out, to the sample.
struct Segment {
    std::string file;  // its name in the directory
    std::string label;
    double onset_s;
    double offset_s;
};

struct Cut {
    std::vector<Segment> segments;      // by onset
    std::vector<std::string> warnings;  // events that lie past the end, wholly or in part, or have no samples
};

/// Cuts labelled segments out of recordings: every sample s with round(onset · rate) <= s < round(offset ·
/// rate). One pass over the recording, however many events overlap; memory does not grow with their length.
class SegmentCutter {
 public:
    explicit SegmentCutter(CutOptions options) : options_(std::move(options)) {}

    /// Files are named NAME_MILLISECONDS_LABEL, so that a name stays when other events come and go; one that
    /// is taken gets a number behind it.
    /// @param name  of the recording, made safe as labels are
    /// A recording that cannot be cut to its end leaves no segments behind.
    /// @throws Error if more than 256 events overlap (they are all open files)
    Cut cut(audio::Source& source, const std::string& name, const Timeline& timeline);

 private:
    std::string file_name(const std::string& name, const Event& event);

    CutOptions options_;
    std::set<std::string> taken_;
};

}  // namespace earshot::label
