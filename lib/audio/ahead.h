#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "audio/source.h"

namespace earshot::audio {

/// Reads another source on a thread of its own, up to kBlocks blocks ahead. An exception there is thrown by
/// the read() that would have met it. Destroying it early waits for one read() of the inner source at most.
class AheadSource : public Source {
 public:
    explicit AheadSource(std::unique_ptr<Source> source);
    ~AheadSource() override;

    AudioFormat format() const override { return format_; }
    std::span<const float> read(std::size_t max_frames) override;
    std::optional<std::int64_t> frames() const override { return frames_; }
    std::span<const Damage> damage() const override { return damage_; }

 private:
    static constexpr std::size_t kBlocks = 4;
    struct Block {
        std::vector<float> samples;
        std::size_t size = 0;
    };

    void run();
    void fill(Block& block);

    std::unique_ptr<Source> source_;  // the thread's alone while it runs
    const AudioFormat format_;
    const std::optional<std::int64_t> frames_;
    std::size_t block_frames_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<Block, kBlocks> blocks_;
    std::uint64_t filled_ = 0, freed_ = 0;  // blocks so far; block n is blocks_[n % kBlocks]
    bool finished_ = false, stop_ = false;
    std::exception_ptr failure_;

    std::span<const float> pending_;  // of the block being read
    bool holds_block_ = false;
    std::vector<Damage> damage_;  // set when the end has been read
    std::jthread thread_;
};

}  // namespace earshot::audio
