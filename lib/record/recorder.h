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
    std::string device;                // for the index
    std::optional<GateSettings> gate;  // keep only sound that opens it; everything if not given
    std::optional<double>
        pre_roll_s;  // both or neither. If given, keep only the sound, with this much before
    std::optional<double> post_roll_s;  // and after it. If not, keep whole segments that contain sound
};

struct RecorderStatistics {
    std::int64_t segments = 0;  // kept
    std::int64_t kept_frames = 0;
    std::int64_t no_room_frames = 0;  // not kept because the disk was full
};

/// Cuts sound into segments of equal length and adds those to keep to an archive. A segment ends early at a
/// gap and never spans one. Consecutive kept segments join sample for sample.
class Recorder {
 public:
    Recorder(const RecorderOptions& options, audio::AudioFormat format, Archive& archive, Archive::Say say);

    /// @throws WriteError if the disk fails; while it is full, sound is dropped and counted
    void push(const capture::BlockTime& time, std::span<const float> samples);
    /// Ends the segment now, because no sound arrives for a while or ever again.
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
    std::size_t room() const;

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
    bool full_ = false;  // the disk is full, and that was reported

    // Lost since the last kept segment.
    std::optional<capture::Gap> gap_;
    int overruns_ = 0;

    // With pre- and post-roll: the latest sound, which may become the start of what is kept.
    std::vector<float> history_;  // a ring
    std::size_t history_begin_ = 0, history_size_ = 0;
    Place history_place_{};         // of its first frame
    std::int64_t keep_frames_ = 0;  // left to keep after the gate closed
    std::size_t pre_roll_frames_ = 0;
    std::int64_t post_roll_frames_ = 0;
};

}  // namespace earshot::record
