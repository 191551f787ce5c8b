#include "audio/mp3_head.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace earshot::audio {
namespace {

/// Samples by which a decoder of layer 3 is late (LAME's DECDELAY).
constexpr std::int64_t kDecoderDelay = 529;
constexpr std::size_t kFrameHeader = 4, kMaxSideInformation = 32;
constexpr std::size_t kInfoBytes = kFrameHeader + kMaxSideInformation + 8 + 4 + 4 + 100 + 4 + 24;

int byte_at(std::span<const std::byte> bytes, std::size_t i) { return std::to_integer<int>(bytes[i]); }

std::int64_t big_endian(std::span<const std::byte> bytes, std::size_t begin, std::size_t count) {
    std::int64_t value = 0;
    for (std::size_t i = begin; i < begin + count; ++i) value = value << 8 | byte_at(bytes, i);
    return value;
}

std::string_view text_at(std::span<const std::byte> bytes, std::size_t begin, std::size_t count) {
    return {reinterpret_cast<const char*>(bytes.data()) + begin, count};
}

/// Where an ID3v2 tag ends: its size is written in bytes of seven bits.
std::int64_t end_of_id3(ByteInput& input) {
    const auto head = input.peek_at(0, 10);
    if (head.size() < 10 || text_at(head, 0, 3) != "ID3") return 0;
    std::int64_t size = 0;
    for (std::size_t i = 6; i < 10; ++i) size = size << 7 | (byte_at(head, i) & 0x7f);
    const bool footer = (byte_at(head, 5) & 0x10) != 0;
    return 10 + size + (footer ? 10 : 0);
}

bool is_layer_3(std::span<const std::byte> frame) {
    return frame.size() >= kFrameHeader && byte_at(frame, 0) == 0xff && (byte_at(frame, 1) & 0xe6) == 0xe2;
}

/// The frames fill the file, but for a tag at the end, which may be longer than it should.
bool fills(const ByteInput& input, std::int64_t begin, std::int64_t frame_bytes) {
    return !input.size() || *input.size() - begin - frame_bytes <= frame_bytes / 16;
}

}  // namespace

std::optional<std::int64_t> find_mp3_length(ByteInput& input) {
    const std::int64_t begin = end_of_id3(input);
    if (!is_layer_3(input.peek_at(begin, kFrameHeader))) return {};
    const auto frame = input.peek_at(begin, kInfoBytes);
    if (frame.size() < kInfoBytes) return {};
    const bool mpeg1 = (byte_at(frame, 1) & 0x18) == 0x18;
    const bool mono = (byte_at(frame, 3) & 0xc0) == 0xc0;
    std::size_t at = kFrameHeader + (mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17));
    if (text_at(frame, at, 4) != "Xing" && text_at(frame, at, 4) != "Info") return {};
    const auto flags = big_endian(frame, at + 4, 4);
    const bool has_frames = flags & 1, has_bytes = flags & 2, has_table = flags & 4, has_quality = flags & 8;
    at += 8;
    if (!has_frames) return {};
    const std::int64_t coded = big_endian(frame, at, 4) * (mpeg1 ? 1152 : 576);
    at += 4;
    if (has_bytes && !fills(input, begin, big_endian(frame, at, 4))) return {};
    at += (has_bytes ? 4 : 0) + (has_table ? 100 : 0) + (has_quality ? 4 : 0);
    const auto encoder = text_at(frame, at, 4);
    if (encoder != "LAME" && encoder != "Lavf" && encoder != "Lavc") return {};
    const std::int64_t delay_and_padding = big_endian(frame, at + 21, 3);
    const std::int64_t delay = delay_and_padding >> 12, padding = delay_and_padding & 0xfff;
    // The decoder is late: of a file that was cut without padding, the last samples never come.
    const std::int64_t sound = coded - delay - std::max(padding, kDecoderDelay);
    return sound > 0 ? std::optional(sound) : std::nullopt;
}

}  // namespace earshot::audio
