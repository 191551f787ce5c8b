#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audio/byte_input.h"
#include "audio/libav.h"
#include "audio/packet_source.h"
#include "audio/source.h"

namespace earshot::audio {

/// An open container and its best sound stream, read packet by packet.
class LibavInput : public PacketSource {
 public:
    /// Bytes of a file or pipe. @param raw  read as headerless PCM
    LibavInput(std::unique_ptr<ByteInput> bytes, const std::optional<RawFormat>& raw);
    /// A URL, read through libav's own protocols. If a server keeps one call waiting for longer than
    /// kPatience, that is an Error.
    explicit LibavInput(const std::string& url);
    /// Opens something other than a file with the named demuxer, such as a filter graph.
    /// @param demuxer  "" to detect it
    /// @param stop     polled while waiting: true to give up, with an error
    LibavInput(const std::string& name, const std::string& url, const std::string& demuxer,
               std::function<bool()> stop);

    const std::string& name() const override { return name_; }
    const AVCodecParameters& coding() const override { return *stream_->codecpar; }
    AVRational time_base() const override { return stream_->time_base; }
    bool is_container(std::string_view name) const override;
    bool can_seek() const override;
    std::optional<std::int64_t> stated_end() const override;
    std::optional<std::int64_t> last_packet() const override;
    std::optional<std::int64_t> stated_samples() const override { return stated_samples_; }
    bool cut_off() const override { return cut_off_; }
    int read(AVPacket& packet) override;
    bool seek(std::int64_t timestamp) override;

    static constexpr auto kPatience = std::chrono::seconds(10);

 private:
    void open(const char* url, const AVInputFormat* format, AVDictionary* options);
    void find_stream();
    void begin_call();
    bool late() const;
    void check_call() const;

    std::string name_;
    std::unique_ptr<ByteInput> bytes_;  // null for a URL
    LibavPtr<AVIOContext> io_;          // reads bytes_
    std::function<bool()> stop_;
    bool has_patience_ = false;  // kPatience applies: there is a server
    std::chrono::steady_clock::time_point deadline_{};
    LibavPtr<AVFormatContext> context_;
    AVStream* stream_ = nullptr;
    std::optional<std::int64_t> stated_samples_;
    bool cut_off_ = false;
};

}  // namespace earshot::audio
