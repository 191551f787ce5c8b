#include "audio/mp3_head.h"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace earshot::audio {
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

/// Reads what the information frame says, if `frame` is one, and adds it to `head`.
void read_information(std::span<const std::byte> frame, Mp3Head& head) {
    const bool mpeg1 = (byte_at(frame, 1) & 0x18) == 0x18;
    const bool mono = (byte_at(frame, 3) & 0xc0) == 0xc0;
    std::size_t at = 4 + (mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17));
    if (text_at(frame, at, 4) != "Xing" && text_at(frame, at, 4) != "Info") return;
    head.has_information = true;
    const auto flags = big_endian(frame, at + 4, 4);
    const bool has_frames = flags & 1, has_bytes = flags & 2, has_table = flags & 4, has_quality = flags & 8;
    at += 8;
    if (has_frames) head.coded = big_endian(frame, at, 4) * (mpeg1 ? 1152 : 576);
    at += has_frames ? 4 : 0;
    if (has_bytes) head.bytes = big_endian(frame, at, 4);
    at += (has_bytes ? 4 : 0) + (has_table ? 100 : 0) + (has_quality ? 4 : 0);
    const auto encoder = text_at(frame, at, 4);
    if (!head.coded || (encoder != "LAME" && encoder != "Lavf" && encoder != "Lavc")) return;
    const std::int64_t delay_and_padding = big_endian(frame, at + 21, 3);
    const Mp3Length length{*head.coded, delay_and_padding >> 12, delay_and_padding & 0xfff};
    if (length.sound() > 0) head.length = length;
}

}  // namespace

std::optional<Mp3Head> find_mp3_head(ByteInput& input) {
    Mp3Head head;
    head.begin = end_of_id3(input);
    const auto frame = input.peek_at(head.begin, kInfoBytes);
    if (frame.size() < kInfoBytes || byte_at(frame, 0) != 0xff || (byte_at(frame, 1) & 0xe6) != 0xe2)
        return {};  // layer 3
    const int version = byte_at(frame, 1) >> 3 & 3, bit_rate = byte_at(frame, 2) >> 4,
              rate = byte_at(frame, 2) >> 2 & 3;
    if (version == 1 || bit_rate == 0 || bit_rate == 15 || rate == 3) return {};
    constexpr std::array kRates_hz{44100, 48000, 32000};
    head.rate_hz = kRates_hz[static_cast<std::size_t>(rate)] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    if (text_at(frame, 4 + kMaxSideInformation, 4) == "VBRI") return {};
    read_information(frame, head);
    return head;
}

}  // namespace earshot::audio
