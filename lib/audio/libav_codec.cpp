#include "audio/libav_codec.h"

#include <fmt/format.h>

#include <new>

#include "audio/libav_log.h"
#include "support/error.h"

namespace earshot::audio {

LibavCodec::LibavCodec(const PacketSource& input, bool trims) {
    const AVCodecParameters& coding = input.coding();
    const AVCodec* const decoder = libav::avcodec_find_decoder(coding.codec_id);
    if (!decoder)
        throw Error(
            fmt::format("{}: no decoder for {}", input.name(), libav::avcodec_get_name(coding.codec_id)));
    context_.reset(libav::avcodec_alloc_context3(decoder));
    if (!context_ || libav::avcodec_parameters_to_context(context_.get(), &coding) < 0)
        throw std::bad_alloc();
    context_->pkt_timebase = input.time_base();
    if (!trims) context_->flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL;
    context_->thread_count = 1;  // several recordings are decoded at once, or one ahead of its analysis
    if (const int status = libav::avcodec_open2(context_.get(), decoder, nullptr); status < 0)
        throw Error(fmt::format("{}: {} decoder: {}", input.name(), decoder->name, libav_error_text(status)));
}

}  // namespace earshot::audio
