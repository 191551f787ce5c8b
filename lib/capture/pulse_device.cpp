#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "capture/device.h"
#include "capture/pulse_server.h"
#include "support/error.h"

namespace earshot::capture {
namespace {

constexpr auto kPulsePoll = std::chrono::milliseconds(200);

/// The format of a source of the server.
struct PulseSource {
    std::optional<pa_sample_spec> format;
    bool done = false;
};

class PulseDevice : public Device {
 public:
    PulseDevice(const std::string& name, const DeviceRequest& request)
        : name_("pulse:" + name), server_(name_, request.stop) {
        open(name, request);
    }

    audio::AudioFormat format() const override { return format_; }
    DeviceBlock read() override;

 private:
    void open(const std::string& name, const DeviceRequest& request);
    pa_sample_spec source_format(const char* name);
    void check_stream() {
        if (!PA_STREAM_IS_GOOD(pa_stream_get_state(stream_.get()))) server_.fail("cannot capture");
        if (moved_away_) throw Error(name_ + ": suspended by the sound server");
    }
    void drop();
    std::chrono::microseconds delay_behind(std::size_t bytes) const;

    std::string name_;
    PulseServer server_;
    PulsePtr<pa_stream> stream_;
    audio::AudioFormat format_;
    bool holds_ = false;  // the last peeked fragment must still be dropped
    bool moved_away_ = false;
};

pa_sample_spec PulseDevice::source_format(const char* name) {
    PulseSource source;
    const auto receive = [](pa_context*, const pa_source_info* info, int end, void* user) {
        auto& found = *static_cast<PulseSource*>(user);
        if (end != 0) found.done = true;
        if (info) found.format = info->sample_spec;
    };
    const PulsePtr<pa_operation> query(pa_context_get_source_info_by_name(
        server_.context(), name ? name : "@DEFAULT_SOURCE@", receive, &source));
    server_.wait_until([&] { return source.done; });
    if (!source.format)
        throw Error(fmt::format("{}: no such source (earshot record --list-devices lists them)", name_));
    return *source.format;
}

void PulseDevice::open(const std::string& name, const DeviceRequest& request) {
    const char* const source = name.empty() ? nullptr : name.c_str();
    pa_sample_spec format = source_format(source);
    format_ = {request.rate_hz.value_or(static_cast<int>(format.rate)),
               request.channels.value_or(format.channels)};
    format = {PA_SAMPLE_FLOAT32NE, static_cast<std::uint32_t>(format_.rate_hz),
              static_cast<std::uint8_t>(format_.channels)};
    if (format_.channels > static_cast<int>(PA_CHANNELS_MAX) || !pa_sample_spec_valid(&format))
        throw UsageError(fmt::format("{}: cannot deliver {} Hz with {} channels", name_, format_.rate_hz,
                                     format_.channels));
    pa_channel_map map;
    pa_channel_map_init_extend(&map, format.channels, PA_CHANNEL_MAP_DEFAULT);
    stream_.reset(pa_stream_new(server_.context(), "capture", &format, &map));
    if (!stream_) server_.fail("cannot capture");
    pa_buffer_attr buffer;
    buffer.maxlength = buffer.tlength = buffer.prebuf = buffer.minreq = static_cast<std::uint32_t>(-1);
    const auto block = pa_usec_to_bytes(static_cast<pa_usec_t>(request.block_s * 1e6), &format);
    buffer.fragsize = static_cast<std::uint32_t>(std::max(block, pa_frame_size(&format)));
    constexpr auto kFlags = static_cast<pa_stream_flags_t>(
        PA_STREAM_ADJUST_LATENCY | PA_STREAM_AUTO_TIMING_UPDATE | PA_STREAM_DONT_MOVE);
    if (pa_stream_connect_record(stream_.get(), source, &buffer, kFlags) < 0) server_.fail("cannot capture");
    server_.wait_until([&] {
        check_stream();
        return pa_stream_get_state(stream_.get()) == PA_STREAM_READY;
    });
}

void PulseDevice::drop() {
    if (std::exchange(holds_, false)) pa_stream_drop(stream_.get());
}

/// How long ago the last of the first `bytes` in the queue sounded: the length of the rest of the queue, plus
/// the latency of the source and the connection. (libpulse's interpolated latency is wrong by half a second
/// during the first seconds.)
std::chrono::microseconds PulseDevice::delay_behind(std::size_t bytes) const {
    const std::size_t waiting = pa_stream_readable_size(stream_.get());
    pa_usec_t delay = 0;
    if (waiting != static_cast<std::size_t>(-1) && waiting > bytes)
        delay = pa_bytes_to_usec(waiting - bytes, pa_stream_get_sample_spec(stream_.get()));
    if (const pa_timing_info* const timing = pa_stream_get_timing_info(stream_.get()))
        delay += timing->source_usec + timing->transport_usec;
    return std::chrono::microseconds(delay);
}

DeviceBlock PulseDevice::read() {
    drop();
    DeviceBlock block;
    if (pa_stream_readable_size(stream_.get()) == 0) server_.turn(kPulsePoll);
    check_stream();
    const std::size_t frame_bytes = sizeof(float) * static_cast<std::size_t>(format_.channels);
    while (true) {
        const void* data = nullptr;
        std::size_t bytes = 0;
        if (pa_stream_peek(stream_.get(), &data, &bytes) < 0) server_.fail("cannot capture");
        if (bytes == 0) return block;
        holds_ = true;
        if (data) {
            block.samples = {static_cast<const float*>(data), bytes / sizeof(float)};
            break;
        }
        block.lost += static_cast<std::int64_t>(bytes / frame_bytes);  // a hole
        drop();
    }
    block.end = std::chrono::steady_clock::now() - delay_behind(block.samples.size_bytes());
    return block;
}

}  // namespace

std::unique_ptr<Device> open_pulse(const std::string& name, const DeviceRequest& request) {
    return std::make_unique<PulseDevice>(name, request);
}

}  // namespace earshot::capture
