#include "audio/samples.h"

#include <fmt/format.h>

#include <cstdint>
#include <type_traits>

#include "audio/decoder.h"
#include "audio/libav.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

/// Integers are divided by the size of the negative half of their range; unsigned ones have zero in the
/// middle.
template <class Sample>
float to_float(Sample value) {
    if constexpr (std::is_floating_point_v<Sample>) {
        return static_cast<float>(value);
    } else if constexpr (std::is_unsigned_v<Sample>) {
        return static_cast<float>(value - 128) * 0x1p-7f;
    } else {
        constexpr int kBits = static_cast<int>(sizeof(Sample)) * 8;
        return static_cast<float>(value) * (1.0f / static_cast<float>(std::int64_t{1} << (kBits - 2)) / 2);
    }
}

/// Where the samples of each channel are: one array per channel, or a single interleaved array.
template <class Sample>
struct Channels {
    const std::uint8_t* const* planes;  // null if interleaved
    const Sample* interleaved;
    int count;

    const Sample* operator[](int channel) const {
        return planes ? reinterpret_cast<const Sample*>(planes[channel]) : interleaved + channel;
    }
    std::size_t stride() const { return planes ? 1 : static_cast<std::size_t>(count); }
};

/// `out` may be the interleaved array of `in`: every sample is read before it is overwritten.
template <class Sample>
void convert(const Channels<Sample>& in, std::size_t frames, const ChannelChoice& choice, float* out) {
    using Kind = ChannelChoice::Kind;
    const std::size_t stride = in.stride();
    if (choice.kind == Kind::one || in.count == 1) {
        const Sample* const chosen = in[choice.kind == Kind::one ? choice.index : 0];
        for (std::size_t i = 0; i < frames; ++i) out[i] = to_float(chosen[i * stride]);
    } else if (choice.kind == Kind::mix && in.count == 2) {
        const Sample *const left = in[0], *const right = in[1];
        if (stride == 1) {  // planar, as MP3 and AAC are decoded: a loop that the compiler turns into vectors
            for (std::size_t i = 0; i < frames; ++i) out[i] = 0.5f * (to_float(left[i]) + to_float(right[i]));
            return;
        }
        for (std::size_t i = 0; i < frames; ++i)
            out[i] = 0.5f * (to_float(left[i * stride]) + to_float(right[i * stride]));
    } else if (choice.kind == Kind::mix) {
        const float scale = 1.0f / static_cast<float>(in.count);
        for (std::size_t i = 0; i < frames; ++i) {
            float sum = 0;
            for (int c = 0; c < in.count; ++c) sum += to_float(in[c][i * stride]);
            out[i] = sum * scale;
        }
    } else {
        for (std::size_t i = 0; i < frames; ++i) {
            for (int c = 0; c < in.count; ++c) *out++ = to_float(in[c][i * stride]);
        }
    }
}

template <class Sample>
void convert_frame(const AVFrame& frame, const ChannelChoice& choice, float* out) {
    const bool planar = libav::av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame.format)) != 0;
    const Channels<Sample> in{planar ? frame.extended_data : nullptr,
                              reinterpret_cast<const Sample*>(frame.extended_data[0]),
                              frame.ch_layout.nb_channels};
    convert(in, static_cast<std::size_t>(frame.nb_samples), choice, out);
}

}  // namespace

int chosen_channels(const ChannelChoice& choice, int channels, const std::string& name) {
    switch (choice.kind) {
        case ChannelChoice::Kind::all:
            return channels;
        case ChannelChoice::Kind::mix:
            return 1;
        case ChannelChoice::Kind::one:
            break;
    }
    if (choice.index >= channels)
        throw Error(fmt::format("{}: has {} channel{}, but no channel {}", name, channels,
                                channels == 1 ? "" : "s", choice.index + 1));
    return 1;
}

std::span<float> choose_channels(std::span<float> samples, int channels, const ChannelChoice& choice) {
    if (channels == 1 || choice.kind == ChannelChoice::Kind::all) return samples;
    const std::size_t frames = samples.size() / static_cast<std::size_t>(channels);
    convert(Channels<float>{nullptr, samples.data(), channels}, frames, choice, samples.data());
    return samples.first(frames);
}

std::optional<std::span<const float>> samples_in_place(const AVFrame& frame, const ChannelChoice& choice) {
    const bool one = choice.kind == ChannelChoice::Kind::one;
    if (frame.format != AV_SAMPLE_FMT_FLTP || (!one && frame.ch_layout.nb_channels > 1)) return {};
    return std::span(reinterpret_cast<const float*>(frame.extended_data[one ? choice.index : 0]),
                     static_cast<std::size_t>(frame.nb_samples));
}

void copy_samples(const AVFrame& frame, const ChannelChoice& choice, float* out) {
    switch (frame.format) {
        case AV_SAMPLE_FMT_U8:
        case AV_SAMPLE_FMT_U8P:
            convert_frame<std::uint8_t>(frame, choice, out);
            break;
        case AV_SAMPLE_FMT_S16:
        case AV_SAMPLE_FMT_S16P:
            convert_frame<std::int16_t>(frame, choice, out);
            break;
        case AV_SAMPLE_FMT_S32:
        case AV_SAMPLE_FMT_S32P:
            convert_frame<std::int32_t>(frame, choice, out);
            break;
        case AV_SAMPLE_FMT_S64:
        case AV_SAMPLE_FMT_S64P:
            convert_frame<std::int64_t>(frame, choice, out);
            break;
        case AV_SAMPLE_FMT_FLT:
        case AV_SAMPLE_FMT_FLTP:
            convert_frame<float>(frame, choice, out);
            break;
        case AV_SAMPLE_FMT_DBL:
        case AV_SAMPLE_FMT_DBLP:
            convert_frame<double>(frame, choice, out);
            break;
        default:
            throw Error("unknown sample format");
    }
}

}  // namespace earshot::audio
