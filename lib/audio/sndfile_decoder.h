#pragma once

#include <sndfile.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/byte_input.h"
#include "audio/damage_log.h"
#include "audio/decoder.h"
#include "audio/pcm_chunk.h"

namespace earshot::audio {

struct SndfileDeleter {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
using SndfilePtr = std::unique_ptr<SNDFILE, SndfileDeleter>;

/// Reads with libsndfile, from an input that can seek.
class SndfileDecoder : public Decoder {
 public:
    /// @throws Error if libsndfile cannot read it
    SndfileDecoder(std::unique_ptr<ByteInput> input, const ChannelChoice& choice);

    AudioFormat format() const override { return format_; }
    std::span<const float> read(std::size_t max_frames) override;
    std::optional<std::int64_t> frames() const override { return info_.frames; }
    std::span<const Damage> damage() const override { return damage_.all(); }
    void skip_to(std::int64_t frame) override;
    std::int64_t position() const override { return position_; }

 private:
    void check_end();
    double seconds(std::int64_t frame) const { return static_cast<double>(frame) / info_.samplerate; }

    std::unique_ptr<ByteInput> input_;
    std::optional<PcmChunk> chunk_;
    ChannelChoice choice_;
    SF_INFO info_{};
    SndfilePtr file_;
    AudioFormat format_;
    bool may_be_non_finite_ = false;
    bool ended_ = false;
    std::int64_t position_ = 0;
    std::vector<float> buffer_;
    DamageLog damage_;
};

}  // namespace earshot::audio
