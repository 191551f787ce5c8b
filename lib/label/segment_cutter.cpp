#include "label/segment_cutter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::label {
namespace {

constexpr std::size_t kBlockFrames = 8192;
constexpr std::size_t kMaxOpen = 256;
constexpr std::size_t kMaxPartBytes = 80;

/// A segment whose file is being written.
struct OpenSegment {
    std::unique_ptr<audio::AudioWriter> writer;
    std::int64_t begin, end;  // in frames
    std::size_t index;        // in the result
};

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
    const auto format = source.format();
    const auto channels = static_cast<std::size_t>(format.channels);
    const double rate_hz = format.rate_hz;
    const auto frame_at = [&](double seconds) {
        return seconds * rate_hz > 1e18 ? INT64_MAX
                                        : static_cast<std::int64_t>(std::llround(seconds * rate_hz));
    };
    CutSegments result;
    std::vector<OpenSegment> open;
    auto next = timeline.events.begin();
    const auto last = timeline.events.end();

    const auto begin_segment = [&](const Event& event) {
        const auto begin = frame_at(event.onset_s), end = frame_at(event.offset_s);
        if (begin >= end) {
            result.warnings.push_back(describe(event) + " has no samples");
            return;
        }
        if (open.size() == kMaxOpen) {
            throw Error(fmt::format("more than {} labels overlap at {:.3f} s", kMaxOpen, event.onset_s));
        }
        const auto file = file_name(name, event);
        open.push_back({std::make_unique<audio::AudioWriter>(fmt::format("{}/{}", options_.directory, file),
                                                             format, options_.encoding),
                        begin, end, result.segments.size()});
        result.segments.push_back({file, event.label, static_cast<double>(begin) / rate_hz, 0});
    };
    const auto end_segment = [&](OpenSegment& segment, std::int64_t end) {
        segment.writer->close();
        result.segments[segment.index].offset_s = static_cast<double>(end) / rate_hz;
    };

    Undo undo(options_.directory, result.segments);
    std::int64_t position = 0;
    while (next != last || !open.empty()) {
        const auto block = source.read(kBlockFrames);
        if (block.empty()) break;
        check_interrupt();
        const auto block_end = position + static_cast<std::int64_t>(block.size() / channels);
        for (; next != last && frame_at(next->onset_s) < block_end; ++next) begin_segment(*next);
        for (auto& segment : open) {
            const auto from = std::max(segment.begin, position), to = std::min(segment.end, block_end);
            segment.writer->write(block.subspan(static_cast<std::size_t>(from - position) * channels,
                                                static_cast<std::size_t>(to - from) * channels));
            if (segment.end <= block_end) end_segment(segment, segment.end);
        }
        std::erase_if(open, [&](const auto& segment) { return segment.end <= block_end; });
        position = block_end;
    }
    for (auto& segment : open) {
        end_segment(segment, position);
        if (segment.end == INT64_MAX) continue;  // open-ended
        const auto& cut = result.segments[segment.index];
        result.warnings.push_back(fmt::format("'{}' at {:.3f} s ends {:.3f} s after the recording", cut.label,
                                              cut.onset_s,
                                              static_cast<double>(segment.end - position) / rate_hz));
    }
    undo.dismiss();
    for (; next != last; ++next)
        result.warnings.push_back(describe(*next) + " begins after the recording's end");
    return result;
}

}  // namespace earshot::label
