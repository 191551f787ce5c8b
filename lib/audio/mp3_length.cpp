#include "audio/mp3_length.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace earshot {
namespace {

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

constexpr std::size_t kMaxSideInformation = 32;
constexpr std::size_t kInfoBytes = 4 + kMaxSideInformation + 8 + 4 + 4 + 100 + 4 + 24;

}  // namespace

std::optional<Mp3Length> find_mp3_length(ByteInput& input) {
    const auto frame = input.peek_at(end_of_id3(input), kInfoBytes);
    if (frame.size() < kInfoBytes || byte_at(frame, 0) != 0xff || (byte_at(frame, 1) & 0xe6) != 0xe2)
        return {};  // layer 3
    const bool mpeg1 = (byte_at(frame, 1) & 0x18) == 0x18;
    const bool mono = (byte_at(frame, 3) & 0xc0) == 0xc0;
    std::size_t at = 4 + (mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17));
    if (text_at(frame, at, 4) != "Xing" && text_at(frame, at, 4) != "Info") return {};
    const auto flags = big_endian(frame, at + 4, 4);
    if ((flags & 1) == 0) return {};
    const std::int64_t frames = big_endian(frame, at + 8, 4);
    at += 12 + ((flags & 2) ? 4 : 0) + ((flags & 4) ? 100 : 0) + ((flags & 8) ? 4 : 0);
    const auto encoder = text_at(frame, at, 4);
    if (encoder != "LAME" && encoder != "Lavf" && encoder != "Lavc") return {};
    const std::int64_t delay_and_padding = big_endian(frame, at + 21, 3);
    const Mp3Length length{frames * (mpeg1 ? 1152 : 576), delay_and_padding >> 12, delay_and_padding & 0xfff};
    return length.sound() > 0 ? std::optional(length) : std::nullopt;
}

}  // namespace earshot
