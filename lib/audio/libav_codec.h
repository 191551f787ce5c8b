#pragma once

#include "audio/codec.h"
#include "audio/packet_source.h"

namespace earshot::audio {

/// One of libavcodec's decoders.
class LibavCodec : public Codec {
 public:
    /// @param trims  whether it drops the padding that the container states
    /// @throws Error if libavcodec has no decoder for it
    LibavCodec(const PacketSource& input, bool trims);

    int send(const AVPacket* packet) override { return libav::avcodec_send_packet(context_.get(), packet); }
    int receive(AVFrame& frame) override { return libav::avcodec_receive_frame(context_.get(), &frame); }
    void flush() override { libav::avcodec_flush_buffers(context_.get()); }
    int frame_size() const override { return context_->frame_size; }

 private:
    LibavPtr<AVCodecContext> context_;
};

}  // namespace earshot::audio
