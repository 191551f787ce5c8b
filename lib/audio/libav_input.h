#pragma once

#include <memory>
#include <optional>
#include <string>

#include "audio/byte_input.h"
#include "audio/libav_handles.h"
#include "audio/source.h"

namespace earshot {

/// An open container and its best sound stream, read packet by packet.
class LibavInput {
 public:
    /// Bytes of a file or pipe. @param raw  read as headerless PCM
    LibavInput(std::unique_ptr<ByteInput> bytes, const std::optional<RawFormat>& raw);
    /// A URL, read through libav's own protocols.
    explicit LibavInput(const std::string& url);

    const std::string& name() const { return name_; }
    const AVInputFormat& container() const { return *context_->iformat; }
    const AVStream& stream() const { return *stream_; }
    bool can_seek() const;
    /// True if the stream's duration is what the container says, not an estimate from bit rate and size.
    bool duration_is_stated() const {
        return context_->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE;
    }

    /// The next packet of the stream. @return 0, AVERROR_EOF, or another of libav's errors
    /// @throws Error or Interrupted if the bytes themselves cannot be read
    int read(AVPacket& packet);

    /// Goes to a packet at or before `timestamp` (in the stream's time base). @return false if it cannot
    bool seek(std::int64_t timestamp);

 private:
    void open(const char* url, const AVInputFormat* format, AVDictionary* options);
    void find_stream();

    std::string name_;
    std::unique_ptr<ByteInput> bytes_;  // null for a URL
    LibavPtr<AVIOContext> io_;          // reads bytes_
    LibavPtr<AVFormatContext> context_;
    AVStream* stream_ = nullptr;
};

}  // namespace earshot
