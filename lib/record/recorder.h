#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capture/live_source.h"
#include "record/archive.h"
#include "record/index_line.h"
#include "record/sound_gate.h"

namespace earshot::record {

struct RecorderOptions {
    double segment_s = 3;
    std::string device;                 // for the index
    std::optional<GateSettings> gate;   // keep what it lets through; everything if not given
    std::optional<double> pre_roll_s;   // both or neither. Given: keep the sound with so much before and
    std::optional<double> post_roll_s;  // after it. Not given: keep whole segments that have sound in them
};

struct RecorderStatistics {
    std::int64_t segments = 0;  // kept
    std::int64_t kept_frames = 0;
    std::int64_t no_room_frames = 0;  // not kept for want of room on the disk
};

/// Cuts sound into segments of equal length and puts those to be kept into an archive. A segment never has a
/// gap in it: there it ends early. Kept segments that follow each other without a gap join without one,
/// sample for sample.
class Recorder {
 public:
    Recorder(const RecorderOptions& options, audio::AudioFormat format, Archive& archive, Archive::Say say);

    /// @throws WriteError when the disk fails; a full one is waited out
    void push(const capture::BlockTime& time, std::span<const float> samples);
    /// Ends the segment now: nothing is coming, for the time being or for good.
    void cut();

    const RecorderStatistics& statistics() const { return statistics_; }

 private:
    struct Place {
        UtcTime utc;
        std::int64_t position;
    };

    void push_piece(const Place& place, std::span<const float> piece);
    void remember(const Place& place, std::span<const float> piece);
    void flush_history();
    void write(const Place& place, std::span<const float> samples);
    bool begin(const Place& place);
    void end_segment();
    void no_room(const std::string& what);
    Place later(const Place& place, std::int64_t frames) const;
    std::size_t frames_of(std::span<const float> samples) const;

    const RecorderOptions options_;
    const audio::AudioFormat format_;
    const std::size_t channels_;
    const std::int64_t segment_frames_;
    Archive& archive_;
    Archive::Say say_;
    RecorderStatistics statistics_;
    std::optional<SoundGate> gate_;

    // The segment that is being written.
    std::optional<Archive::Part> part_;
    IndexLine line_;
    bool has_sound_ = false;
    bool full_ = false;  // there is no room, and that was said

    // What was lost since the last kept segment.
    std::optional<capture::Gap> gap_;
    int overruns_ = 0;

    // With pre- and post-roll: what may still become the beginning of a sound.
    std::vector<float> history_;  // a ring
    std::size_t history_begin_ = 0, history_size_ = 0;
    Place history_place_{};         // of its first frame
    std::int64_t keep_frames_ = 0;  // still to be kept after the gate has closed
    std::size_t pre_roll_frames_ = 0;
    std::int64_t post_roll_frames_ = 0;
};

}  // namespace earshot::record
