#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audio/byte_input.h"
#include "audio/libav_handles.h"
#include "audio/mp3_length.h"
#include "audio/source.h"

namespace earshot {

/// An open container and its best sound stream, read packet by packet.
class LibavInput {
 public:
    /// Bytes of a file or pipe. @param raw  read as headerless PCM
    LibavInput(std::unique_ptr<ByteInput> bytes, const std::optional<RawFormat>& raw);
    /// A URL, read through libav's own protocols.
    explicit LibavInput(const std::string& url);
    /// One of libav's demuxers, by name, of something that is no file: a filter graph, say.
    /// @param demuxer  "" to find out
    /// @param stop     asked while it waits: true to give up, with an error
    LibavInput(const std::string& name, const std::string& url, const std::string& demuxer,
               std::function<bool()> stop);

    const std::string& name() const { return name_; }
    const AVStream& stream() const { return *stream_; }
    bool is_container(std::string_view name) const;  // one of libav's names for it
    bool can_seek() const;
    /// Timestamp of the end as the container states it, nothing if it is only estimated from rate and size.
    std::optional<std::int64_t> stated_end() const;
    /// Timestamp of the last packet, where an index tells it.
    std::optional<std::int64_t> last_packet() const;
    /// Of an MP3 file with an information frame.
    const std::optional<Mp3Length>& mp3_length() const { return mp3_length_; }
    /// The container ends without the mark of its end.
    bool cut_off() const { return cut_off_; }

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
    std::function<bool()> stop_;
    LibavPtr<AVFormatContext> context_;
    AVStream* stream_ = nullptr;
    std::optional<Mp3Length> mp3_length_;
    bool cut_off_ = false;
};

}  // namespace earshot
