#include "capture/block_ring.h"

#include <algorithm>

namespace earshot::capture {
namespace {

/// Devices deliver a few hundred frames at once. With blocks smaller than this, the ring fills early.
constexpr std::size_t kSmallBlock = 64;

}  // namespace

BlockRing::BlockRing(std::size_t frames, std::size_t channels)
    : channels_(channels),
      samples_(std::max<std::size_t>(frames, 1) * channels),
      blocks_(frames / kSmallBlock + 16) {}

std::size_t BlockRing::push(const BlockTime& time, std::span<const float> samples) {
    const std::size_t pushed = pushed_.load(std::memory_order_relaxed);
    const std::size_t block = blocks_pushed_.load(std::memory_order_relaxed);
    if (block - blocks_popped_.load(std::memory_order_acquire) == blocks_.size()) return 0;
    const std::size_t room = capacity() - (pushed - popped_.load(std::memory_order_acquire));
    const std::size_t frames = std::min(samples.size() / channels_, room);
    if (frames == 0) return 0;

    const std::size_t begin = pushed % capacity();
    const std::size_t to_end = std::min(frames, capacity() - begin);
    const auto at = samples_.begin() + static_cast<std::ptrdiff_t>(begin * channels_);
    std::ranges::copy(samples.first(to_end * channels_), at);
    std::ranges::copy(samples.subspan(to_end * channels_, (frames - to_end) * channels_), samples_.begin());
    blocks_[block % blocks_.size()] = {time, frames};
    pushed_.store(pushed + frames, std::memory_order_release);
    blocks_pushed_.store(block + 1, std::memory_order_release);
    return frames;
}

std::optional<BlockRing::Front> BlockRing::front(std::size_t max_frames) {
    const std::size_t block = blocks_popped_.load(std::memory_order_relaxed);
    if (block == blocks_pushed_.load(std::memory_order_acquire)) return {};
    const Block& first = blocks_[block % blocks_.size()];
    const std::size_t begin = popped_.load(std::memory_order_relaxed) % capacity();
    const std::size_t frames = std::min({first.frames - taken_, max_frames, capacity() - begin});
    return Front{first.time, taken_, std::span(samples_).subspan(begin * channels_, frames * channels_)};
}

void BlockRing::pop(std::size_t frames) {
    const std::size_t block = blocks_popped_.load(std::memory_order_relaxed);
    const bool whole = (taken_ += frames) == blocks_[block % blocks_.size()].frames;
    popped_.store(popped_.load(std::memory_order_relaxed) + frames, std::memory_order_release);
    if (whole) {
        taken_ = 0;
        blocks_popped_.store(block + 1, std::memory_order_release);
    }
}

}  // namespace earshot::capture
