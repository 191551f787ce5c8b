#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audio/byte_input.h"
#include "audio/libavformat.h"
#include "audio/packet_source.h"
#include "audio/source.h"

namespace earshot::audio {

/// An open container and its best sound stream, read packet by packet.
class LibavInput : public PacketSource {
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

    const std::string& name() const override { return name_; }
    const AVCodecParameters& coding() const override { return *stream_->codecpar; }
    AVRational time_base() const override { return stream_->time_base; }
    bool is_container(std::string_view name) const override;
    bool can_seek() const override;
    std::optional<std::int64_t> stated_end() const override;
    std::optional<std::int64_t> last_packet() const override;
    bool cut_off() const override { return cut_off_; }
    int read(AVPacket& packet) override;
    bool seek(std::int64_t timestamp) override;

 private:
    void open(const char* url, const AVInputFormat* format, AVDictionary* options);
    void find_stream();

    std::string name_;
    std::unique_ptr<ByteInput> bytes_;  // null for a URL
    LibavFormatPtr<AVIOContext> io_;    // reads bytes_
    std::function<bool()> stop_;
    LibavFormatPtr<AVFormatContext> context_;
    AVStream* stream_ = nullptr;
    bool cut_off_ = false;
};

}  // namespace earshot::audio
