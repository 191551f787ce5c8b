#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "capture/live_source.h"

namespace earshot::capture {

/// A queue of blocks of samples from one thread, which pushes, to another, which reads the front and pops.
/// Lock-free, wait-free and without allocation after construction.
class BlockRing {
 public:
    /// @param frames  capacity
    BlockRing(std::size_t frames, std::size_t channels);

    /// Appends as much of `samples` as fits, as one block. `time` is that of the first sample.
    /// @return frames taken
    std::size_t push(const BlockTime& time, std::span<const float> samples);

    struct Front {
        const BlockTime& time;     // of the block's first sample
        std::size_t offset;        // frames of the block that are already popped
        std::span<float> samples;  // belong to the reader until it pops them
    };
    /// The oldest samples, at most max_frames and never across a gap; nothing if the ring is empty.
    std::optional<Front> front(std::size_t max_frames);
    /// Removes the first `frames` of the front.
    void pop(std::size_t frames);

    // From any thread:
    std::size_t size() const {                      // frames
        const std::size_t popped = popped_.load();  // loaded first: it cannot exceed what is pushed later
        return pushed_.load() - popped;
    }
    bool empty() const { return blocks_popped_.load() == blocks_pushed_.load(); }
    std::size_t capacity() const { return samples_.size() / channels_; }
    std::size_t room() const { return capacity() - size(); }

 private:
    struct Block {
        BlockTime time;
        std::size_t frames = 0;
    };

    const std::size_t channels_;
    std::vector<float> samples_;
    std::vector<Block> blocks_;
    // Counts that never wrap: frame n is in samples_[n % capacity], block n in blocks_[n % blocks_.size()].
    std::atomic<std::size_t> pushed_ = 0, popped_ = 0;
    std::atomic<std::size_t> blocks_pushed_ = 0, blocks_popped_ = 0;
    std::size_t taken_ = 0;  // frames popped of the front block; the reader's
};

}  // namespace earshot::capture
