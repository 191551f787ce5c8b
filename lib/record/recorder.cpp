#include "record/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace earshot::record {
namespace {

std::int64_t to_frames(double seconds, int rate_hz) {
    return std::max<std::int64_t>(1, std::llround(seconds * rate_hz));
}

}  // namespace

Recorder::Recorder(const RecorderOptions& options, audio::AudioFormat format, Archive& archive,
                   Archive::Say say)
    : options_(options),
      format_(format),
      channels_(static_cast<std::size_t>(format.channels)),
      segment_frames_(to_frames(options.segment_s, format.rate_hz)),
      archive_(archive),
      say_(std::move(say)) {
    if (options.gate) gate_.emplace(*options.gate, format);
    if (!options.gate || !options.pre_roll_s) return;
    pre_roll_frames_ = static_cast<std::size_t>(std::llround(*options.pre_roll_s * format.rate_hz));
    post_roll_frames_ = std::llround(*options.post_roll_s * format.rate_hz);
    // Room for the hop that opens the gate, which is part of the sound.
    history_.resize((pre_roll_frames_ + gate_->left()) * channels_);
}

std::size_t Recorder::frames_of(std::span<const float> samples) const { return samples.size() / channels_; }

/// Frames left in the current segment, or in the next one if there is none.
std::size_t Recorder::room() const {
    return static_cast<std::size_t>(segment_frames_ - (part_ ? line_.frames : 0));
}

Recorder::Place Recorder::later(const Place& place, std::int64_t frames) const {
    const double seconds = static_cast<double>(frames) / format_.rate_hz;
    return {place.utc + std::chrono::microseconds(std::llround(1e6 * seconds)), place.position + frames};
}

void Recorder::push(const capture::BlockTime& time, std::span<const float> samples) {
    if (time.gap) {
        cut();
        gap_ = capture::Gap{gap_.value_or(capture::Gap{}).frames + time.gap->frames, time.gap->cause};
        if (time.gap->cause == capture::GapCause::overrun) ++overruns_;
    }
    const Place place{time.utc, time.position};
    std::int64_t done = 0;
    while (!samples.empty()) {
        std::size_t frames = frames_of(samples);
        if (gate_) frames = std::min(frames, gate_->left());
        if (history_.empty()) frames = std::min(frames, room());  // whole segments: a hop ends where they do
        push_piece(later(place, done), samples.first(frames * channels_));
        samples = samples.subspan(frames * channels_);
        done += static_cast<std::int64_t>(frames);
    }
}

void Recorder::push_piece(const Place& place, std::span<const float> piece) {
    const bool hop_ended = gate_ && gate_->add(piece);
    if (history_.empty()) {
        write(place, piece);
        if (gate_ && part_ && line_.frames == segment_frames_) gate_->end_hop();
        has_sound_ = has_sound_ || !gate_ || gate_->is_open();
        if (line_.frames == segment_frames_) end_segment();
        return;
    }
    remember(place, piece);
    if (!hop_ended) return;
    if (gate_->is_open()) {
        keep_frames_ = post_roll_frames_;
        flush_history();
    } else if (keep_frames_ > 0) {
        keep_frames_ -= static_cast<std::int64_t>(history_size_);
        flush_history();
    } else {
        end_segment();
    }
}

/// Appends a piece to the history and drops the oldest frames.
void Recorder::remember(const Place& place, std::span<const float> piece) {
    const std::size_t capacity = frames_of(history_), frames = frames_of(piece);
    if (history_size_ == 0) history_place_ = place;
    const std::size_t excess = history_size_ + frames > capacity ? history_size_ + frames - capacity : 0;
    history_begin_ = (history_begin_ + excess) % capacity;
    history_size_ -= excess;
    history_place_ = later(history_place_, static_cast<std::int64_t>(excess));
    for (std::size_t done = 0; done < frames;) {
        const std::size_t at = (history_begin_ + history_size_) % capacity;
        const std::size_t count = std::min(frames - done, capacity - at);
        std::ranges::copy(piece.subspan(done * channels_, count * channels_),
                          history_.begin() + static_cast<std::ptrdiff_t>(at * channels_));
        history_size_ += count;
        done += count;
    }
}

void Recorder::flush_history() {
    while (history_size_ > 0) {
        const std::size_t count = std::min({history_size_, frames_of(history_) - history_begin_, room()});
        write(history_place_, std::span(history_).subspan(history_begin_ * channels_, count * channels_));
        has_sound_ = true;
        history_begin_ = (history_begin_ + count) % frames_of(history_);
        history_size_ -= count;
        history_place_ = later(history_place_, static_cast<std::int64_t>(count));
        if (part_ && line_.frames == segment_frames_) end_segment();
    }
}

void Recorder::write(const Place& place, std::span<const float> samples) {
    const auto frames = static_cast<std::int64_t>(frames_of(samples));
    if (!part_ && !begin(place)) {
        statistics_.no_room_frames += frames;
        line_.frames = 0;
        return;
    }
    try {
        part_->file->write(samples);
    } catch (const NoSpace& error) {
        const std::int64_t lost = line_.frames + frames - part_->file->frames();
        statistics_.no_room_frames += lost;
        line_.frames = part_->file->frames();
        no_room(error.what());
        end_segment();
        return;
    }
    line_.levels.add(samples);
    line_.frames += frames;
}

bool Recorder::begin(const Place& place) {
    if (!archive_.has_room()) {
        no_room(fmt::format("{}: less free disk space than --min-free", archive_.directory()));
        return false;
    }
    line_ = {};
    line_.start = place.utc;
    line_.format = format_;
    line_.position = place.position;
    line_.device = options_.device;
    line_.gap = gap_;
    line_.overruns = overruns_;
    try {
        part_ = archive_.begin(place.utc, format_, line_.json());
    } catch (const NoSpace& error) {
        no_room(error.what());
        return false;
    }
    if (std::exchange(full_, false))
        say_(fmt::format("{}: space is free again, recording from {}", archive_.directory(),
                         utc_text(place.utc)));
    has_sound_ = false;
    return true;
}

void Recorder::no_room(const std::string& what) {
    if (std::exchange(full_, true)) return;
    say_(what + "; nothing is kept until space is free again");
}

void Recorder::end_segment() {
    if (!part_) return;
    auto part = std::move(*part_);
    part_.reset();
    if (!has_sound_ || line_.frames == 0) {
        archive_.discard(std::move(part));
        return;
    }
    gap_.reset();
    overruns_ = 0;
    const UtcTime end = later({line_.start, 0}, line_.frames).utc;
    try {
        archive_.commit(std::move(part), line_.json());
        ++statistics_.segments;
        statistics_.kept_frames += line_.frames;
    } catch (const NoSpace& error) {
        statistics_.no_room_frames += line_.frames;
        no_room(error.what());
    }
    archive_.retain(end);
}

void Recorder::cut() {
    if (gate_) {
        gate_->end_hop();
        if (!history_.empty() && (gate_->is_open() || keep_frames_ > 0)) flush_history();
        has_sound_ = has_sound_ || (history_.empty() && gate_->is_open());
    }
    history_begin_ = history_size_ = 0;
    keep_frames_ = 0;
    end_segment();
}

}  // namespace earshot::record
