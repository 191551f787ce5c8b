#include "audio/wav.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "support/descriptor.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

static_assert(std::endian::native == std::endian::little, "PCM is copied as it lies in memory");

constexpr std::int64_t kMax32 = 0xFFFFFFFF;
constexpr int kWavPcm = 1, kWavFloat = 3, kWavExtensible = 0xFFFE;
constexpr std::string_view kSubformatTail{"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71", 14};
constexpr std::size_t kWavHeadBytes = 4096;  // longer than our headers

void put(std::string& bytes, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
}

std::string format_chunk(AudioFormat format, SampleEncoding encoding) {
    const int width = bytes_per_sample(encoding);
    const int coding = encoding == SampleEncoding::float32 ? kWavFloat : kWavPcm;
    const bool extensible = format.channels > 2;
    std::string chunk = "fmt ";
    put(chunk, extensible ? 40 : coding == kWavFloat ? 18 : 16, 4);
    put(chunk, static_cast<std::uint64_t>(extensible ? kWavExtensible : coding), 2);
    put(chunk, static_cast<std::uint64_t>(format.channels), 2);
    put(chunk, static_cast<std::uint64_t>(format.rate_hz), 4);
    put(chunk,
        static_cast<std::uint64_t>(format.rate_hz) * static_cast<std::uint64_t>(format.channels * width), 4);
    put(chunk, static_cast<std::uint64_t>(format.channels * width), 2);
    put(chunk, static_cast<std::uint64_t>(8 * width), 2);
    if (extensible) {
        put(chunk, 22, 2);
        put(chunk, static_cast<std::uint64_t>(8 * width), 2);
        put(chunk, 0, 4);  // channels have no speaker positions
        put(chunk, static_cast<std::uint64_t>(coding), 2);
        chunk += kSubformatTail;
    } else if (coding == kWavFloat) {
        put(chunk, 0, 2);
    }
    return chunk;
}

template <class Integer>
Integer to_integer(float sample, float scale) {
    return static_cast<Integer>(std::lrint(std::clamp(sample * scale, -scale, scale - 1)));
}

struct WavLayout {
    std::size_t data;  // where the samples begin
    std::int64_t frame_bytes;
    bool has_room;  // a JUNK chunk that can become ds64
};

std::uint32_t get32(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::optional<WavLayout> find_layout(std::string_view head) {
    if (head.size() < 12 || head.substr(8, 4) != "WAVE") return {};
    WavLayout layout{0, 0, false};
    for (std::size_t at = 12; at + 8 <= head.size();) {
        const auto name = head.substr(at, 4);
        const std::uint32_t size = get32(head, at + 4);
        if (name == "data") {
            layout.data = at + 8;
            return layout.frame_bytes > 0 ? std::optional(layout) : std::nullopt;
        }
        if (name == "fmt " && at + 22 <= head.size())
            layout.frame_bytes =
                static_cast<unsigned char>(head[at + 20]) | static_cast<unsigned char>(head[at + 21]) << 8;
        if (at == 12 && (name == "JUNK" || name == "ds64") && size == 28) layout.has_room = true;
        at += 8 + std::size_t{size} + size % 2;
    }
    return {};
}

/// Fills in the size of the samples in the header of a file.
void state_size(std::string& header, std::int64_t data_bytes, std::int64_t frame_bytes) {
    const auto riff_bytes = static_cast<std::int64_t>(header.size()) - 8 + data_bytes + data_bytes % 2;
    const auto set = [&](std::size_t at, std::uint64_t value, int size) {
        std::string bytes;
        put(bytes, value, size);
        header.replace(at, bytes.size(), bytes);
    };
    const bool large = riff_bytes > kMax32;
    header.replace(0, 4, large ? "RF64" : "RIFF");
    header.replace(12, 4, large ? "ds64" : "JUNK");
    set(4, static_cast<std::uint64_t>(large ? kMax32 : riff_bytes), 4);
    set(header.size() - 4, static_cast<std::uint64_t>(large ? kMax32 : data_bytes), 4);
    set(20, static_cast<std::uint64_t>(large ? riff_bytes : 0), 8);
    set(28, static_cast<std::uint64_t>(large ? data_bytes : 0), 8);
    set(36, static_cast<std::uint64_t>(large ? data_bytes / frame_bytes : 0), 8);
}

}  // namespace

int bytes_per_sample(SampleEncoding encoding) {
    switch (encoding) {
        case SampleEncoding::pcm16:
            return 2;
        case SampleEncoding::pcm24:
            return 3;
        case SampleEncoding::float32:
            break;
    }
    return 4;
}

std::string wav_header(AudioFormat format, SampleEncoding encoding, std::optional<std::int64_t> data_bytes,
                       bool in_file) {
    std::string header = "RIFF";
    put(header, kMax32, 4);
    header += "WAVE";
    if (in_file) {
        header += "JUNK";
        put(header, 28, 4);
        header.append(28, '\0');
    }
    header += format_chunk(format, encoding) + "data";
    put(header, kMax32, 4);
    if (data_bytes) state_size(header, *data_bytes, format.channels * bytes_per_sample(encoding));
    return header;
}

void append_pcm(std::span<const float> samples, SampleEncoding encoding, std::vector<char>& bytes) {
    const std::size_t begin = bytes.size();
    bytes.resize(begin + samples.size() * static_cast<std::size_t>(bytes_per_sample(encoding)));
    char* out = bytes.data() + begin;
    switch (encoding) {
        case SampleEncoding::pcm16:
            for (const float sample : samples) {
                const auto value = to_integer<std::int16_t>(sample, 0x1p15f);
                std::memcpy(out, &value, 2);
                out += 2;
            }
            break;
        case SampleEncoding::pcm24:
            for (const float sample : samples) {
                const auto value = to_integer<std::int32_t>(sample, 0x1p23f);
                std::memcpy(out, &value, 3);
                out += 3;
            }
            break;
        case SampleEncoding::float32:
            std::memcpy(out, samples.data(), samples.size_bytes());
    }
}

std::int64_t repair_wav(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file) throw system_error(path);
    std::string header(kWavHeadBytes, '\0');
    const ssize_t got = ::pread(file.get(), header.data(), header.size(), 0);
    if (got < 0) throw system_error(path);
    header.resize(static_cast<std::size_t>(got));
    const auto layout = find_layout(header);
    if (!layout || !layout->has_room) throw Error(fmt::format("{}: does not begin with a WAV header", path));
    header.resize(layout->data);

    struct stat info {};
    if (::fstat(file.get(), &info) != 0) throw system_error(path);
    const std::int64_t frames =
        (info.st_size - static_cast<std::int64_t>(layout->data)) / layout->frame_bytes;
    const std::int64_t data_bytes = frames * layout->frame_bytes;
    state_size(header, data_bytes, layout->frame_bytes);
    const auto end = static_cast<off_t>(layout->data) + data_bytes + data_bytes % 2;
    if (::ftruncate(file.get(), end) != 0 ||
        ::pwrite(file.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()) ||
        ::fsync(file.get()) != 0)
        throw WriteError(system_error(fmt::format("cannot repair {}", path)).what());
    return frames;
}

}  // namespace earshot::audio
