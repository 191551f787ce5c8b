#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audio/source.h"
#include "audio/writer.h"
#include "label/timeline.h"

namespace earshot::label {

/// Makes text safe for use in a file name: characters that cause trouble in shells or file systems become
/// `_`, letters of all scripts stay, and the result is cut to 80 bytes. Never empty.
std::string file_name_part(std::string_view text);

struct CutOptions {
    std::string directory;           // must exist
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

struct CutSegments {
    std::vector<Segment> segments;      // by onset
    std::vector<std::string> warnings;  // events that reach past the end or have no samples
};

/// Cuts labelled segments out of recordings: every sample s with round(onset · rate) <= s < round(offset ·
/// rate). One pass over the recording, however many events overlap; memory does not grow with their length.
class SegmentCutter {
 public:
    explicit SegmentCutter(CutOptions options) : options_(std::move(options)) {}

    /// Files are named NAME_MILLISECONDS_LABEL, so that names do not depend on other events; a number is
    /// appended if a name is taken.
    /// @param name  of the recording, made safe as labels are
    /// If a recording cannot be read to its end, none of its segments are kept.
    /// @throws Error if more than 256 events overlap (they are all open files)
    CutSegments cut(audio::Source& source, const std::string& name, const Timeline& timeline);

 private:
    std::string file_name(const std::string& name, const Event& event);

    CutOptions options_;
    std::set<std::string> taken_;
};

}  // namespace earshot::label
