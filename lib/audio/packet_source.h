#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audio/libav_handles.h"
#include "audio/mp3_head.h"

namespace earshot::audio {

/// Coded sound, packet by packet, and what is known of it before any is decoded.
class PacketSource {
 public:
    virtual ~PacketSource() = default;

    virtual const std::string& name() const = 0;  // for messages
    virtual const AVCodecParameters& coding() const = 0;
    /// Of the timestamps of packets.
    virtual AVRational time_base() const = 0;
    /// @param name  one of libav's names for it
    virtual bool is_container(std::string_view name) const = 0;
    virtual bool can_seek() const = 0;
    /// Timestamp of the end as the container states it, nothing if it is only estimated from rate and size.
    virtual std::optional<std::int64_t> stated_end() const = 0;
    /// Timestamp of the last packet, where an index tells it.
    virtual std::optional<std::int64_t> last_packet() const { return {}; }
    /// Of an MP3 file with an information frame that fits it.
    virtual std::optional<Mp3Length> mp3_length() const { return {}; }
    /// The container ends without the mark of its end.
    virtual bool cut_off() const { return false; }

    /// The next packet of the stream. @return 0, AVERROR_EOF, or another of libav's errors
    /// @throws Error or Interrupted if the bytes themselves cannot be read
    virtual int read(AVPacket& packet) = 0;

    /// Goes to a packet at or before `timestamp`. @return false if it cannot
    virtual bool seek(std::int64_t timestamp) = 0;
};

}  // namespace earshot::audio
