#include "audio/ogg_end.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace earshot::audio {
namespace {

constexpr std::size_t kHeaderBytes = 27;
constexpr std::size_t kMaxPageBytes = kHeaderBytes + 255 + 255 * 255;
constexpr int kLastPage = 0x04;

}  // namespace

bool ends_with_last_ogg_page(ByteInput& input) {
    const auto bytes = std::min<std::int64_t>(*input.size(), 2 * kMaxPageBytes);
    const auto tail = input.peek_at(*input.size() - bytes, static_cast<std::size_t>(bytes));
    const std::string_view text(reinterpret_cast<const char*>(tail.data()), tail.size());
    const auto byte = [&](std::size_t i) { return std::to_integer<int>(tail[i]); };
    for (auto page = text.rfind("OggS"); page != std::string_view::npos;
         page = page == 0 ? std::string_view::npos : text.rfind("OggS", page - 1)) {
        if (page + kHeaderBytes > tail.size()) continue;
        const std::size_t segments = static_cast<std::size_t>(byte(page + 26));
        if (page + kHeaderBytes + segments > tail.size()) continue;
        std::size_t end = page + kHeaderBytes + segments;
        for (std::size_t i = 0; i < segments; ++i)
            end += static_cast<std::size_t>(byte(page + kHeaderBytes + i));
        return (byte(page + 5) & kLastPage) != 0 && end <= tail.size();
    }
    return false;
}

}  // namespace earshot::audio
