#include "audio/pcm_chunk.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace earshot::audio {
namespace {

constexpr std::size_t kFileHeaderBytes = 12;
constexpr int kMaxChunks = 4096;  // more than any honest file has

std::uint64_t number(std::span<const std::byte> bytes, bool big_endian) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value = value << 8 | std::to_integer<std::uint64_t>(bytes[big_endian ? i : bytes.size() - 1 - i]);
    return value;
}

std::string_view text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Layout of the chunks in a kind of file.
struct Layout {
    std::size_t id_bytes = 4, size_bytes = 4;
    std::int64_t first = 12;  // where the first chunk is
    std::int64_t alignment = 2;
    bool big_endian = false;
    bool size_counts_header = false;
    std::string_view sound = "data";
};

Layout layout_of(std::string_view head) {
    Layout layout;
    if (head.starts_with("riff")) {  // W64: GUIDs, whose first four bytes are the names
        return {.id_bytes = 16, .size_bytes = 8, .first = 40, .alignment = 8, .size_counts_header = true};
    }
    layout.big_endian = head.starts_with("FORM") || head.starts_with("RIFX");
    if (head.starts_with("FORM")) layout.sound = "SSND";
    return layout;
}

/// Placeholder sizes of programs that cannot seek back to fill them in; the second range is used by arecord
/// and sox.
bool is_unknown(std::uint64_t size) {
    return (size >= 0xFFFF0000 && size <= 0xFFFFFFFF) || (size >= 0x7FFF0000 && size <= 0x80000100);
}

}  // namespace

bool has_chunks(ByteInput& input) {
    const auto head = input.peek_at(0, kFileHeaderBytes);
    const auto known = {"RIFF", "RIFX", "RF64", "FORM", "riff"};
    return head.size() == kFileHeaderBytes && std::ranges::find(known, text(head.first(4))) != known.end();
}

std::optional<PcmChunk> find_pcm_chunk(ByteInput& input) {
    if (!has_chunks(input)) return {};
    const Layout layout = layout_of(text(input.peek_at(0, kFileHeaderBytes)));
    const auto header_bytes = static_cast<std::int64_t>(layout.id_bytes + layout.size_bytes);
    std::uint64_t long_size = 0;  // of RF64, in its first chunk
    std::optional<std::int64_t> format;
    std::int64_t at = layout.first;
    for (int i = 0; i < kMaxChunks; ++i) {
        const auto chunk = input.peek_at(at, static_cast<std::size_t>(header_bytes) + 16);
        if (static_cast<std::int64_t>(chunk.size()) < header_bytes) return {};
        const auto id = text(chunk).substr(0, 4);
        std::uint64_t size = number(chunk.subspan(layout.id_bytes, layout.size_bytes), layout.big_endian);
        if (id == "ds64" && chunk.size() == 24) long_size = number(chunk.subspan(16, 8), false);
        if (id == "fmt " && layout.id_bytes == 4 && !layout.big_endian) format = at + header_bytes;
        if (layout.size_counts_header) size = std::max<std::uint64_t>(size, header_bytes) - header_bytes;
        if (id == layout.sound && size == 0xFFFFFFFF && long_size > 0) size = long_size;
        if (size > INT64_MAX / 2) return {};
        const bool stated = size != 0 && (size == long_size || !is_unknown(size));
        if (id == layout.sound && !stated) return PcmChunk{at + header_bytes, std::nullopt, format};
        if (id == layout.sound) return PcmChunk{at + header_bytes, static_cast<std::int64_t>(size), format};
        at += header_bytes + static_cast<std::int64_t>(size);
        at = (at + layout.alignment - 1) / layout.alignment * layout.alignment;
    }
    return {};
}

}  // namespace earshot::audio
