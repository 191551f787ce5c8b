#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/byte_input.h"
#include "audio/damage_log.h"
#include "audio/decoder.h"

namespace earshot::audio {

/// How the samples of a pipe are encoded, and where they start.
struct PcmLayout {
    /// Converts samples from the pipe to floats with full scale ±1.
    using Convert = void (*)(std::span<const std::byte> bytes, float* out);
    Convert convert = nullptr;
    std::size_t sample_bytes = 0;
    AudioFormat format;
    std::int64_t begin = 0;             // bytes of header before them
    std::optional<std::int64_t> bytes;  // of samples, if the header states it
};

/// Consumes nothing. @return nothing unless it is raw PCM, WAV or RF64 in a common little-endian encoding
std::optional<PcmLayout> find_pcm_layout(ByteInput& input, const std::optional<RawFormat>& raw);

/// PCM without delay: read() returns what the pipe holds, so live sound is not delayed. (libav waits for
/// whole packets.)
class PcmDecoder : public Decoder {
 public:
    PcmDecoder(std::unique_ptr<ByteInput> input, const PcmLayout& layout, const ChannelChoice& choice);

    AudioFormat format() const override { return format_; }
    std::span<const float> read(std::size_t max_frames) override;
    std::optional<std::int64_t> frames() const override;
    std::span<const Damage> damage() const override { return damage_.all(); }
    void skip_to(std::int64_t frame) override;
    std::int64_t position() const override { return position_; }

 private:
    void pass_header();
    void check_end();
    double seconds(std::int64_t frame) const { return static_cast<double>(frame) / format_.rate_hz; }

    const std::unique_ptr<ByteInput> input_;
    const PcmLayout layout_;
    const ChannelChoice choice_;
    const AudioFormat format_;
    const std::size_t frame_bytes_;
    std::int64_t left_;  // bytes of samples that are still to come
    std::vector<std::byte> bytes_;
    std::size_t have_ = 0;  // of them, less than a frame between calls
    std::vector<float> samples_;
    std::int64_t position_ = 0;
    bool ended_ = false;
    DamageLog damage_;
};

}  // namespace earshot::audio
