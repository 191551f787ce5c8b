#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "audio/source.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

constexpr int kMaxRawChannels = 256;
constexpr int kMaxRawRate_hz = 1'536'000;

/// Names that libav's PCM demuxers have.
constexpr std::array<std::string_view, 20> kEncodings{
    "u8",    "s8",    "s16le", "s16be", "u16le", "u16be", "s24le", "s24be", "u24le", "u24be",
    "s32le", "s32be", "u32le", "u32be", "f32le", "f32be", "f64le", "f64be", "alaw",  "mulaw"};
constexpr std::string_view kUsualEncodings = "u8, s16le, s16be, s24le, s32le, f32le, f64le, alaw, mulaw";

/// A whole number in [1, max], else nothing.
std::optional<int> parse_count(std::string_view text, int max) {
    int value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size() || value < 1 || value > max) return {};
    return value;
}

}  // namespace

ChannelChoice parse_channels(std::string_view text) {
    using Kind = ChannelChoice::Kind;
    if (text == "all") return {Kind::all, 0};
    if (text == "mix") return {Kind::mix, 0};
    if (text == "left") return {Kind::one, 0};
    if (text == "right") return {Kind::one, 1};
    if (const auto number = parse_count(text, kMaxRawChannels)) return {Kind::one, *number - 1};
    throw Error(fmt::format("'{}' is not a channel (write all, mix, left, right or a number from 1)", text));
}

RawFormat parse_raw(std::string_view text) {
    const auto fail = [&](const std::string& what) {
        return Error(
            fmt::format("'{}': {} (write FORMAT,RATE,CHANNELS, for example s16le,16000,1)", text, what));
    };
    const auto first = text.find(',');
    const auto second = first == std::string_view::npos ? first : text.find(',', first + 1);
    if (second == std::string_view::npos) throw fail("no raw format");
    const auto encoding = text.substr(0, first);
    const auto rate = text.substr(first + 1, second - first - 1);
    const auto channels = text.substr(second + 1);
    if (std::ranges::find(kEncodings, encoding) == kEncodings.end())
        throw fail(fmt::format("unknown sample format '{}', known: {}", encoding, kUsualEncodings));
    const auto rate_hz = parse_count(rate, kMaxRawRate_hz);
    if (!rate_hz)
        throw fail(fmt::format("'{}' is not a sampling rate from 1 to {} Hz", rate, kMaxRawRate_hz));
    const auto count = parse_count(channels, kMaxRawChannels);
    if (!count)
        throw fail(fmt::format("'{}' is not a number of channels from 1 to {}", channels, kMaxRawChannels));
    return {std::string(encoding), *rate_hz, *count};
}

bool is_url(std::string_view path) {
    const auto colon = path.find("://");
    if (colon == std::string_view::npos || colon == 0) return false;
    const auto scheme = path.substr(0, colon);
    return std::isalpha(static_cast<unsigned char>(scheme[0])) != 0 &&
           std::ranges::all_of(
               scheme, [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace earshot::audio
