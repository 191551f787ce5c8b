#pragma once

#include "audio/libav_handles.h"

namespace earshot::audio {

/// Turns packets into frames of samples, in the manner of libavcodec: one is sent, and frames are received
/// until there are no more.
class Codec {
 public:
    virtual ~Codec() = default;

    /// @param packet  null at the end. @return 0, or one of libav's errors
    virtual int send(const AVPacket* packet) = 0;
    /// @param frame  holds until the next call of send() or flush()
    /// @return 0; AVERROR(EAGAIN) to be sent more; AVERROR_EOF after the end; or another of libav's errors
    virtual int receive(AVFrame& frame) = 0;
    /// Forgets what was sent: what comes next comes from elsewhere in the recording.
    virtual void flush() = 0;
    /// Samples of a channel that a packet holds, 0 if that differs or is not known.
    virtual int frame_size() const = 0;
};

}  // namespace earshot::audio
