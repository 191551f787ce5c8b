#pragma once

#include "audio/libav.h"

namespace earshot::audio {

/// Decodes packets into frames of samples, as libavcodec does: send one packet, then receive frames until
/// there are no more.
class Codec {
 public:
    virtual ~Codec() = default;

    /// @param packet  null at the end. @return 0, or one of libav's errors
    virtual int send(const AVPacket* packet) = 0;
    /// @param frame  valid until the next call of send() or flush()
    /// @return 0; AVERROR(EAGAIN) if it needs another packet; AVERROR_EOF at the end; or another libav error
    virtual int receive(AVFrame& frame) = 0;
    /// Resets the decoder: the next packet comes from elsewhere in the recording.
    virtual void flush() = 0;
    /// Samples per channel in a packet, 0 if it varies or is unknown.
    virtual int frame_size() const = 0;
};

}  // namespace earshot::audio
