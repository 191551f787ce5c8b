#include "windows/slot_levels.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace earshot::windows {
namespace {

constexpr double kPart_s = 0.125;

float to_dbfs(double mean_square) {
    if (mean_square <= 0) return SlotLevels::kSilence_dbfs;
    return std::max(SlotLevels::kSilence_dbfs, static_cast<float>(10 * std::log10(mean_square)));
}

}  // namespace

SlotLevels::SlotLevels(WindowGrid grid, int rate_hz) : grid_(grid), rate_hz_(rate_hz) {
    grid_.start_s = 0;
    reset();
}

std::int64_t SlotLevels::slot_end(std::int64_t slot) const {
    return std::llround(grid_.slot_s(slot + 1) * rate_hz_);
}

void SlotLevels::push(std::span<const float> samples) {
    while (!samples.empty()) {
        const auto due = static_cast<std::size_t>(part_end_ - position_);
        const auto taken = samples.first(std::min(samples.size(), due));
        for (const float sample : taken)
            part_energy_ += static_cast<double>(sample) * static_cast<double>(sample);
        position_ += static_cast<std::int64_t>(taken.size());
        samples = samples.subspan(taken.size());
        if (position_ < part_end_) return;
        end_part();
        if (part_ == parts_) end_slot();
    }
}

float SlotLevels::next() {
    if (levels_.empty()) {
        end_part();
        end_slot();
    }
    const float level = levels_.front();
    levels_.pop_front();
    return level;
}

void SlotLevels::reset() {
    position_ = part_begin_ = slot_end_ = 0;
    part_energy_ = loudest_ = 0;
    slot_ = -1;
    end_slot();  // the one before the first
    levels_.clear();
}

void SlotLevels::end_part() {
    if (position_ > part_begin_)
        loudest_ = std::max(loudest_, part_energy_ / static_cast<double>(position_ - part_begin_));
    part_energy_ = 0;
    part_begin_ = position_;
    ++part_;
    part_end_ = slot_begin_ + (slot_end_ - slot_begin_) * (part_ + 1) / parts_;
}

void SlotLevels::end_slot() {
    levels_.push_back(to_dbfs(std::exchange(loudest_, 0)));
    ++slot_;
    slot_begin_ = slot_end_;
    slot_end_ = std::max(slot_begin_ + 1, slot_end(slot_));
    const double duration_s = static_cast<double>(slot_end_ - slot_begin_) / rate_hz_;
    parts_ = std::max<std::int64_t>(1, std::llround(duration_s / kPart_s));
    parts_ = std::min(parts_, slot_end_ - slot_begin_);
    part_ = 0;
    part_end_ = slot_begin_ + (slot_end_ - slot_begin_) / parts_;
}

}  // namespace earshot::windows
