#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/codec.h"
#include "audio/damage_log.h"
#include "audio/decoder.h"
#include "audio/packet_source.h"

namespace earshot::audio {

/// Decodes with libavcodec or libopus, one packet at a time. read() returns a view of the decoder's own frame
/// if that holds the wanted channels as floats; otherwise one pass converts and mixes, directly into the
/// caller's memory for read_into().
class PacketDecoder : public Decoder {
 public:
    /// @param rate_hz  wanted rate; used if the codec can decode to it, else the recording keeps its own
    /// @throws Error if no sound can be decoded
    PacketDecoder(std::unique_ptr<PacketSource> input, const ChannelChoice& choice,
                  std::optional<int> rate_hz = {});

    AudioFormat format() const override { return format_; }
    std::span<const float> read(std::size_t max_frames) override;
    std::size_t read_into(std::span<float> destination) override;
    std::optional<std::int64_t> frames() const override { return length_; }
    std::span<const Damage> damage() const override { return damage_.all(); }
    void skip_to(std::int64_t frame) override;
    std::int64_t position() const override;

 private:
    std::unique_ptr<Codec> open_codec(std::optional<int> rate_hz) const;
    void find_length();
    bool next_frame();
    bool feed();
    void send(const AVPacket* packet);
    bool suits();
    std::size_t present(std::span<float> destination = {});
    std::span<const float> take_pending(std::size_t max_samples);
    void trim_end();
    bool is_ogg_vorbis() const;
    void seek_before(std::int64_t frame);
    bool demux_to(std::int64_t timestamp);
    std::int64_t frame_at(std::int64_t timestamp) const;
    std::int64_t timestamp_at(std::int64_t frame) const;
    double seconds(std::int64_t frame) const;
    void check_length();
    void note_damage(std::string what);

    std::unique_ptr<PacketSource> input_;
    ChannelChoice choice_;
    std::unique_ptr<Codec> codec_;
    LibavPtr<AVPacket> packet_;
    LibavPtr<AVFrame> frame_;
    AudioFormat native_, format_;

    std::int64_t base_ = 0;                    // timestamp of the recording's first sample
    std::optional<std::int64_t> last_packet_;  // its timestamp, where an index tells it
    std::optional<std::int64_t> length_;       // in frames, where the container tells it exactly
    std::int64_t next_ = 0;                    // frames of the recording before what is decoded next
    std::span<const float> pending_;           // decoded, not yet read
    std::vector<float> buffer_;
    bool draining_ = false, ended_ = false;
    bool after_seek_ = false;  // the next decoded frame sets next_ from its timestamp
    int failures_ = 0;         // to read a packet, in a row

    std::string complaint_;  // of libav, during the current call
    bool heedless_ = false;  // ignore damage: before the wanted part, or caused by a seek
    DamageLog damage_;
    bool is_pcm_ = false, may_be_non_finite_ = false;
};

}  // namespace earshot::audio
