#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "audio/ahead.h"
#include "audio/byte_input.h"
#include "audio/libav_input.h"
#include "audio/packet_decoder.h"
#include "audio/pcm_chunk.h"
#include "audio/pcm_decoder.h"
#include "audio/resample.h"
#include "audio/sndfile_decoder.h"
#include "audio/sniff.h"
#include "audio/source.h"
#include "audio/trim.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

std::unique_ptr<Decoder> open_libav(std::unique_ptr<ByteInput> bytes, const SourceOptions& options) {
    return std::make_unique<PacketDecoder>(std::make_unique<LibavInput>(std::move(bytes), options.raw),
                                           options.channels, options.rate_hz);
}

/// libsndfile reads PCM files faster than libavcodec, but considers a WAV whose size was never filled in
/// empty. It stops at the first broken frame of FLAC, and decodes Vorbis and MP3 more slowly.
bool is_for_libsndfile(ByteInput& bytes, Container container) {
    if (!bytes.size() || container != Container::pcm) return false;
    const auto chunk = find_pcm_chunk(bytes);
    return !chunk || chunk->bytes;
}

std::unique_ptr<Decoder> open_decoder(const std::string& path, const SourceOptions& options) {
    if (is_url(path))
        return std::make_unique<PacketDecoder>(std::make_unique<LibavInput>(path), options.channels,
                                               options.rate_hz);
    auto bytes =
        options.stop ? std::make_unique<ByteInput>(path, options.stop) : std::make_unique<ByteInput>(path);
    if (!bytes->size()) {
        if (const auto layout = find_pcm_layout(*bytes, options.raw))
            return std::make_unique<PcmDecoder>(std::move(bytes), *layout, options.channels);
    }
    if (options.raw) return open_libav(std::move(bytes), options);
    const Container container = sniff(bytes->peek_at(0, kSniffBytes));
    if (container == Container::not_audio) throw Error(fmt::format("{}: not audio", bytes->name()));
    if (!is_for_libsndfile(*bytes, container)) return open_libav(std::move(bytes), options);
    try {
        return std::make_unique<SndfileDecoder>(std::move(bytes), options.channels);
    } catch (const Error& refused) {
        // A WAV or AIFF may hold what only libav decodes, but not if its chunks lead to no sound.
        bytes = std::make_unique<ByteInput>(path);
        if (has_chunks(*bytes) && !find_pcm_chunk(*bytes)) throw;
        try {
            return open_libav(std::move(bytes), options);
        } catch (const Error&) {
            throw refused;
        }
    }
}

void check(const SourceOptions& options) {
    const auto is_time = [](double seconds) { return std::isfinite(seconds) && seconds >= 0; };
    if (!is_time(options.start_s)) throw UsageError("the start must be 0 s or later");
    if (options.duration_s && !is_time(*options.duration_s))
        throw UsageError("the duration must be 0 s or more");
    if (options.rate_hz && (*options.rate_hz < 100 || *options.rate_hz > 1'536'000))
        throw UsageError(fmt::format("cannot resample to {} Hz (100 to 1536000)", *options.rate_hz));
}

}  // namespace

std::unique_ptr<Source> open_source(const std::string& path, const SourceOptions& options) {
    check(options);
    std::unique_ptr<Source> source;
    auto decoder = open_decoder(path, options);
    if (options.start_s > 0 || options.duration_s) {
        source = std::make_unique<TrimmedSource>(std::move(decoder), options.start_s, options.duration_s,
                                                 path == "-" ? "standard input" : path);
    } else {
        source = std::move(decoder);
    }
    if (options.rate_hz && *options.rate_hz != source->format().rate_hz)
        source = std::make_unique<ResampledSource>(std::move(source), *options.rate_hz);
    if (options.ahead) source = std::make_unique<AheadSource>(std::move(source));
    return source;
}

}  // namespace earshot::audio
