#include "label/segment_cutter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::label {
namespace {

constexpr std::size_t kBlockFrames = 8192;
constexpr std::size_t kMaxOpen = 256;
constexpr std::size_t kMaxPartBytes = 80;

/// Removes the segments of a recording that could not be read to its end.
class Undo {
 public:
    Undo(const std::string& directory, const std::vector<Segment>& segments)
        : directory_(directory), segments_(segments) {}
    ~Undo() {
        if (done_) return;
        std::error_code unused;
        for (const auto& segment : segments_)
            std::filesystem::remove(directory_ + "/" + segment.file, unused);
    }
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;
    void dismiss() { done_ = true; }

 private:
    const std::string& directory_;
    const std::vector<Segment>& segments_;
    bool done_ = false;
};

std::string describe(const Event& event) {
    return fmt::format("'{}' at {:.3f} s", event.label, event.onset_s);
}

/// The segments of one recording, cut while it is read.
class SegmentWriters {
 public:
    SegmentWriters(const CutOptions& options, audio::AudioFormat format, CutSegments& result)
        : options_(options),
          format_(format),
          channels_(static_cast<std::size_t>(format.channels)),
          result_(result) {}

    bool all_closed() const { return open_.empty(); }
    bool has_samples(const Event& event) const { return frame_at(event.onset_s) < frame_at(event.offset_s); }
    /// Whether the event begins before the end of this next block.
    bool begins_by(std::span<const float> block, const Event& event) const {
        return frame_at(event.onset_s) < end_of(block);
    }

    void open(const Event& event, std::string file) {
        if (open_.size() == kMaxOpen)
            throw Error(fmt::format("more than {} labels overlap at {:.3f} s", kMaxOpen, event.onset_s));
        const auto begin = frame_at(event.onset_s);
        open_.push_back({std::make_unique<audio::AudioWriter>(fmt::format("{}/{}", options_.directory, file),
                                                              format_, options_.encoding),
                         begin, frame_at(event.offset_s), result_.segments.size()});
        result_.segments.push_back({std::move(file), event.label, seconds(begin), 0});
    }

    /// Writes the next block of the recording to the segments that it belongs to, and closes those that end.
    void write(std::span<const float> block) {
        const auto block_end = end_of(block);
        for (auto& segment : open_) {
            const auto from = std::max(segment.begin, position_), to = std::min(segment.end, block_end);
            segment.writer->write(block.subspan(static_cast<std::size_t>(from - position_) * channels_,
                                                static_cast<std::size_t>(to - from) * channels_));
            if (segment.end <= block_end) close(segment, segment.end);
        }
        std::erase_if(open_, [&](const auto& segment) { return segment.end <= block_end; });
        position_ = block_end;
    }

    /// The recording has ended.
    void finish() {
        for (auto& segment : open_) {
            close(segment, position_);
            if (segment.end == INT64_MAX) continue;  // open-ended
            const auto& cut = result_.segments[segment.index];
            result_.warnings.push_back(fmt::format("'{}' at {:.3f} s ends {:.3f} s after the recording",
                                                   cut.label, cut.onset_s, seconds(segment.end - position_)));
        }
        open_.clear();
    }

 private:
    /// A segment whose file is being written.
    struct OpenSegment {
        std::unique_ptr<audio::AudioWriter> writer;
        std::int64_t begin, end;  // in frames
        std::size_t index;        // in the result
    };

    std::int64_t frame_at(double seconds) const {
        const double frame = seconds * format_.rate_hz;
        return frame > 1e18 ? INT64_MAX : static_cast<std::int64_t>(std::llround(frame));
    }
    double seconds(std::int64_t frames) const { return static_cast<double>(frames) / format_.rate_hz; }
    std::int64_t end_of(std::span<const float> block) const {
        return position_ + static_cast<std::int64_t>(block.size() / channels_);
    }
    void close(OpenSegment& segment, std::int64_t end) {
        segment.writer->close();
        result_.segments[segment.index].offset_s = seconds(end);
    }

    const CutOptions& options_;
    audio::AudioFormat format_;
    std::size_t channels_;
    CutSegments& result_;
    std::vector<OpenSegment> open_;
    std::int64_t position_ = 0;  // frames read
};

}  // namespace

std::string file_name_part(std::string_view text) {
    std::string part;
    if (text.empty() || text.front() == '.') part.push_back('_');  // neither hidden nor `..`
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
        part += plain ? c : '_';
    }
    if (part.size() > kMaxPartBytes) {
        std::size_t end = kMaxPartBytes;
        while (end > 0 && (static_cast<unsigned char>(part[end]) & 0xC0) == 0x80) --end;  // whole characters
        part.resize(end);
    }
    return part;
}

std::string SegmentCutter::file_name(const std::string& name, const Event& event) {
    const auto stem = fmt::format("{}_{:09}_{}", file_name_part(name), std::llround(event.onset_s * 1000),
                                  file_name_part(event.label));
    auto file = stem + options_.extension;
    for (int number = 2; !taken_.insert(file).second; ++number) {
        file = fmt::format("{}-{}{}", stem, number, options_.extension);
    }
    return file;
}

CutSegments SegmentCutter::cut(audio::Source& source, const std::string& name, const Timeline& timeline) {
    CutSegments result;
    SegmentWriters writers(options_, source.format(), result);
    Undo undo(options_.directory, result.segments);
    auto next = timeline.events.begin();
    const auto last = timeline.events.end();
    while (next != last || !writers.all_closed()) {
        const auto block = source.read(kBlockFrames);
        if (block.empty()) break;
        check_interrupt();
        for (; next != last && writers.begins_by(block, *next); ++next) {
            if (writers.has_samples(*next)) {
                writers.open(*next, file_name(name, *next));
            } else {
                result.warnings.push_back(describe(*next) + " has no samples");
            }
        }
        writers.write(block);
    }
    writers.finish();
    undo.dismiss();
    for (; next != last; ++next)
        result.warnings.push_back(describe(*next) + " begins after the recording's end");
    return result;
}

}  // namespace earshot::label
