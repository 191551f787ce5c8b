#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "audio/source.h"
#include "support/bounded_queue.h"

namespace earshot::audio {

/// Reads another source on a thread of its own, up to kBlocks blocks ahead. read() rethrows an exception of
/// the inner source where it occurred. Destroying it early waits for at most one read() of the inner source.
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

    std::unique_ptr<Source> source_;  // used only by the thread while it runs
    const AudioFormat format_;
    const std::optional<std::int64_t> frames_;
    BoundedQueue<Block> empty_{kBlocks}, full_{kBlocks};  // each block goes round between the two

    Block current_;                   // being read
    std::span<const float> pending_;  // of it
    std::vector<Damage> damage_;      // set when the end has been read
    std::jthread thread_;
};

}  // namespace earshot::audio
