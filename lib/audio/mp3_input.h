#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audio/byte_input.h"
#include "audio/mp3_head.h"
#include "audio/packet_source.h"

namespace earshot::audio {

/// The frames of an MP3 file or pipe, found by libavcodec's parser. What libavformat hands out too, but in
/// one buffer for all packets: that is a twentieth of the time which decoding takes, and the most common
/// format.
class Mp3Input : public PacketSource {
 public:
    /// @param head  of these bytes, as find_mp3_head() tells it
    Mp3Input(std::unique_ptr<ByteInput> bytes, const Mp3Head& head);

    const std::string& name() const override { return bytes_->name(); }
    const AVCodecParameters& coding() const override { return *coding_; }
    AVRational time_base() const override { return {1, head_.rate_hz}; }
    bool is_container(std::string_view name) const override { return name == "mp3"; }
    bool can_seek() const override { return bytes_->size().has_value(); }
    std::optional<std::int64_t> stated_end() const override { return head_.coded; }
    std::optional<Mp3Length> mp3_length() const override { return head_.length; }
    int read(AVPacket& packet) override;
    bool seek(std::int64_t timestamp) override;

 private:
    void rewind();
    bool refill();
    std::span<const std::uint8_t> next_frame();
    std::uint8_t* room_for(std::size_t bytes);

    std::unique_ptr<ByteInput> bytes_;
    Mp3Head head_;
    LibavPtr<AVCodecParameters> coding_;
    LibavPtr<AVCodecContext> context_;  // of the parser alone: it notes there what it finds
    LibavPtr<AVCodecParserContext> parser_;
    LibavPtr<AVBufferRef> packet_;

    static constexpr std::size_t kBlockBytes = std::size_t{1} << 15;
    std::array<std::uint8_t, kBlockBytes + AV_INPUT_BUFFER_PADDING_SIZE> block_{};
    std::span<const std::uint8_t> unparsed_;  // of block_
    bool ended_ = false;
    std::int64_t samples_ = 0;  // of the frames so far
    std::int64_t late_ = 0;     // samples that decoding begins with before the sound
    bool at_information_ = false, at_begin_ = false;
};

}  // namespace earshot::audio
