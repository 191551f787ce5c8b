#include "audio/pcm_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "audio/pcm_chunk.h"
#include "audio/samples.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are copied as they lie in memory");

constexpr std::size_t kBlockBytes = std::size_t{1} << 15;
constexpr int kMaxChannels = 256, kMaxRate_hz = 1'536'000;

template <class Number>
Number number_at(const std::byte* at) {
    Number value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// Integers are divided by the size of the negative half of their range.
template <class Number>
void convert(std::span<const std::byte> bytes, float* out) {
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(Number)) {
        const auto value = number_at<Number>(bytes.data() + at);
        if constexpr (std::is_floating_point_v<Number>) {
            *out++ = static_cast<float>(value);
        } else {
            constexpr float kScale = -1.0f / static_cast<float>(std::numeric_limits<Number>::min());
            *out++ = static_cast<float>(value) * kScale;
        }
    }
}

void convert_unsigned8(std::span<const std::byte> bytes, float* out) {
    for (const std::byte byte : bytes)
        *out++ = static_cast<float>(std::to_integer<int>(byte) - 128) * 0x1p-7f;
}

void convert_24(std::span<const std::byte> bytes, float* out) {
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const auto low = number_at<std::uint16_t>(bytes.data() + at);
        const int value = number_at<std::int8_t>(bytes.data() + at + 2) * 0x10000 + low;
        *out++ = static_cast<float>(value) * 0x1p-23f;
    }
}

struct Coding {
    std::string_view name;  // as RawFormat has it
    int wav_format;         // WAVE_FORMAT_PCM or WAVE_FORMAT_IEEE_FLOAT, 0 if WAV has none such
    std::size_t bytes;
    PcmLayout::Convert convert;
};
constexpr int kPcm = 1, kFloat = 3, kExtensible = 0xFFFE;
constexpr std::array<Coding, 7> kCodings{{{"u8", kPcm, 1, convert_unsigned8},
                                          {"s8", 0, 1, convert<std::int8_t>},
                                          {"s16le", kPcm, 2, convert<std::int16_t>},
                                          {"s24le", kPcm, 3, convert_24},
                                          {"s32le", kPcm, 4, convert<std::int32_t>},
                                          {"f32le", kFloat, 4, convert<float>},
                                          {"f64le", kFloat, 8, convert<double>}}};

std::optional<PcmLayout> layout_of_raw(const RawFormat& raw) {
    const auto coding = std::ranges::find(kCodings, raw.encoding, &Coding::name);
    if (coding == kCodings.end()) return {};
    return PcmLayout{coding->convert, coding->bytes, {raw.rate_hz, raw.channels}, 0, {}};
}

/// RIFF, "Multimedia Programming Interface" (1991): WAVEFORMATEX.
std::optional<PcmLayout> layout_of_wav(ByteInput& input) {
    const auto chunk = find_pcm_chunk(input);
    if (!chunk || !chunk->format) return {};
    const auto head = input.peek_at(*chunk->format, 26);
    if (head.size() < 26) return {};
    const auto field = [&]<class Number>(std::size_t at, Number) {
        return static_cast<std::int64_t>(number_at<Number>(head.data() + at));
    };
    const std::uint16_t word = 0;
    auto wav_format = field(0, word);
    if (wav_format == kExtensible) wav_format = field(24, word);  // the beginning of its subformat's GUID
    const auto channels = field(2, word), rate_hz = field(4, std::uint32_t{}), frame_bytes = field(12, word);
    const auto bits = field(14, word);
    if (channels < 1 || channels > kMaxChannels || rate_hz < 1 || rate_hz > kMaxRate_hz) return {};
    const auto coding = std::ranges::find_if(kCodings, [&](const Coding& known) {
        return known.wav_format == wav_format && static_cast<std::int64_t>(8 * known.bytes) == bits &&
               static_cast<std::int64_t>(known.bytes) * channels == frame_bytes;
    });
    if (coding == kCodings.end()) return {};
    return PcmLayout{coding->convert,
                     coding->bytes,
                     {static_cast<int>(rate_hz), static_cast<int>(channels)},
                     chunk->begin,
                     chunk->bytes};
}

}  // namespace

std::optional<PcmLayout> find_pcm_layout(ByteInput& input, const std::optional<RawFormat>& raw) {
    return raw ? layout_of_raw(*raw) : layout_of_wav(input);
}

PcmDecoder::PcmDecoder(std::unique_ptr<ByteInput> input, const PcmLayout& layout, const ChannelChoice& choice)
    : input_(std::move(input)),
      layout_(layout),
      choice_(choice),
      format_{layout.format.rate_hz, chosen_channels(choice, layout.format.channels, input_->name())},
      frame_bytes_(layout.sample_bytes * static_cast<std::size_t>(layout.format.channels)),
      left_(layout.bytes.value_or(std::numeric_limits<std::int64_t>::max())),
      bytes_(std::max(kBlockBytes, frame_bytes_)),
      samples_(bytes_.size() / layout.sample_bytes) {
    pass_header();
}

void PcmDecoder::pass_header() {
    for (std::int64_t left = layout_.begin; left > 0;) {
        const auto want = std::min(left, static_cast<std::int64_t>(bytes_.size()));
        const std::int64_t got = input_->read(std::span(bytes_).first(static_cast<std::size_t>(want)));
        input_->throw_if_failed();
        if (got == 0) return;
        left -= got;
    }
}

std::span<const float> PcmDecoder::read(std::size_t max_frames) {
    const std::size_t most = std::min(max_frames, bytes_.size() / frame_bytes_) * frame_bytes_;
    while (!ended_ && have_ < frame_bytes_) {
        const auto want = std::min(static_cast<std::int64_t>(most - have_), left_);
        const std::int64_t got =
            want == 0 ? 0 : input_->read(std::span(bytes_).subspan(have_, static_cast<std::size_t>(want)));
        input_->throw_if_failed();
        if (got == 0) check_end();
        have_ += static_cast<std::size_t>(got);
        left_ -= got;
    }
    if (ended_) return {};
    const std::size_t used = have_ / frame_bytes_ * frame_bytes_;
    layout_.convert(std::span(bytes_).first(used), samples_.data());
    have_ -= used;
    std::memmove(bytes_.data(), bytes_.data() + used, have_);
    const auto samples = std::span(samples_).first(used / layout_.sample_bytes);
    damage_.clean(samples, seconds(position_));
    position_ += static_cast<std::int64_t>(used / frame_bytes_);
    return choose_channels(samples, layout_.format.channels, choice_);
}

void PcmDecoder::check_end() {
    ended_ = true;
    if (layout_.bytes && left_ > 0) {
        const double short_s = seconds(*frames() - position_);
        damage_.add(seconds(position_),
                    fmt::format("ends here, {:.3f} s short of what its header promises", short_s));
    } else if (have_ > 0) {
        damage_.add(seconds(position_), "ends in the middle of a sample");
    }
    // Read what follows the samples as well, so that the writer gets no SIGPIPE.
    while (input_->read(bytes_) > 0) continue;
}

std::optional<std::int64_t> PcmDecoder::frames() const {
    if (!layout_.bytes) return {};
    return *layout_.bytes / static_cast<std::int64_t>(frame_bytes_);
}

void PcmDecoder::skip_to(std::int64_t frame) {
    while (position_ < frame && !read(static_cast<std::size_t>(frame - position_)).empty()) continue;
}

}  // namespace earshot::audio
