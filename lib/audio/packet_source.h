#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audio/libav.h"

namespace earshot::audio {

/// Encoded sound, packet by packet, and what its container states about it.
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
    /// Timestamp of the end as stated by the container; nothing if it is only an estimate from rate and size.
    virtual std::optional<std::int64_t> stated_end() const = 0;
    /// Timestamp of the last packet, if there is an index.
    virtual std::optional<std::int64_t> last_packet() const { return {}; }
    /// Samples per channel, if the container states them apart from timestamps, as LAME does for MP3.
    virtual std::optional<std::int64_t> stated_samples() const { return {}; }
    /// The container lacks its end mark.
    virtual bool cut_off() const { return false; }

    /// The next packet of the stream. @return 0, AVERROR_EOF, or another of libav's errors
    /// @throws Error or Interrupted if the bytes themselves cannot be read
    virtual int read(AVPacket& packet) = 0;

    /// Seeks to a packet at or before `timestamp`. @return false if it cannot
    virtual bool seek(std::int64_t timestamp) = 0;
};

}  // namespace earshot::audio
