#pragma once

#include "audio/codec.h"
#include "audio/packet_source.h"

namespace earshot::audio {

/// One of libavcodec's decoders.
class LibavCodec : public Codec {
 public:
    /// @param trims  whether it leaves out the padding that the container tells it of
    /// @throws Error if there is none for what the packets hold
    LibavCodec(const PacketSource& input, bool trims);

    int send(const AVPacket* packet) override { return avcodec_send_packet(context_.get(), packet); }
    int receive(AVFrame& frame) override { return avcodec_receive_frame(context_.get(), &frame); }
    void flush() override { avcodec_flush_buffers(context_.get()); }
    int frame_size() const override { return context_->frame_size; }

 private:
    LibavPtr<AVCodecContext> context_;
};

}  // namespace earshot::audio
