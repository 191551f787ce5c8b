#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audio/codec.h"
#include "audio/packet_source.h"

struct OpusDecoder;

namespace earshot::audio {

/// Decodes Opus straight to 16 kHz with libopus, when that rate is wanted. Speech is coded at 16 kHz or less
/// (RFC 6716, 2.1.2), so this skips resampling to 48 kHz, as libavcodec does, and back: half the time.
/// Compared with libopus at 48 kHz and libsoxr, levels agree within 0.15 dB up to 7.6 kHz, and speech is
/// shifted by up to 40 us, the delay of resampling to 48 kHz. Music loses its bands above 8 kHz without a
/// filter: at 96 kbit/s the difference below 6.4 kHz is 95 dB down.
class OpusCodec : public Codec {
 public:
    static constexpr int kRate_hz = 16'000;

    /// Opus of one or two channels in an Ogg container, which states its exact start and end.
    static bool suits(const PacketSource& input);

    /// @param input  one that suits
    explicit OpusCodec(const PacketSource& input);

    int send(const AVPacket* packet) override;
    int receive(AVFrame& frame) override;
    void flush() override;
    int frame_size() const override { return 0; }

 private:
    struct Deleter {
        void operator()(OpusDecoder* decoder) const;
    };

    int channels_;
    std::unique_ptr<OpusDecoder, Deleter> decoder_;
    std::vector<float> samples_;        // of one packet
    std::int64_t begin_ = 0, end_ = 0;  // frames of them that are sound, not yet received
    std::int64_t begin_pts_ = 0;        // timestamp of the first, in the container's unit
    std::int64_t skip_ = 0;             // frames before the recording that are still to come
    bool draining_ = false;
};

}  // namespace earshot::audio
