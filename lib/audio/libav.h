#pragma once

// The one way to libav (FFmpeg's libraries): its C interface, loaded on demand, and owners for its handles.
//
// Nothing links libav. Its libraries bring some eighty others along, which take 26 MB and a tenth of a second
// to load, and most commands on WAV, and a recorder of sound cards, need none of them. So each of libav's
// functions that we call has a stand-in of the same name in namespace libav, and the first call of a stand-in
// loads the library that the function is in. A call without `libav::` does not link.

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include <atomic>
#include <memory>

namespace earshot::audio {

namespace libav {

enum class Library { util, codec, format, device, resample };

/// The address of a function; loads the library that has it. @throws Error if that cannot be loaded
void* find(Library library, const char* function);

/// Stands for one function; looks it up when it is first called.
template <class Signature>
class LazyFunction;

template <class Result, class... Arguments>
class LazyFunction<Result(Arguments...)> {
 public:
    constexpr LazyFunction(Library library, const char* name) : library_(library), name_(name) {}

    Result operator()(Arguments... arguments) const {
        auto* function = function_.load(std::memory_order_relaxed);
        if (!function) {
            function = reinterpret_cast<Result (*)(Arguments...)>(find(library_, name_));
            function_.store(function, std::memory_order_relaxed);
        }
        return function(arguments...);
    }

 private:
    Library library_;
    const char* name_;
    mutable std::atomic<Result (*)(Arguments...)> function_ = nullptr;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // such as that av_malloc returns new memory
#define EARSHOT_LAZY(library, name) \
    inline constinit LazyFunction<decltype(::name)> name { Library::library, #name }

EARSHOT_LAZY(util, av_channel_layout_default);
EARSHOT_LAZY(util, av_dict_free);
EARSHOT_LAZY(util, av_dict_set);
EARSHOT_LAZY(util, av_dict_set_int);
EARSHOT_LAZY(util, av_frame_alloc);
EARSHOT_LAZY(util, av_frame_free);
EARSHOT_LAZY(util, av_frame_unref);
EARSHOT_LAZY(util, av_freep);
EARSHOT_LAZY(util, av_log_set_callback);
EARSHOT_LAZY(util, av_malloc);
EARSHOT_LAZY(util, av_match_name);
EARSHOT_LAZY(util, av_max_alloc);
EARSHOT_LAZY(util, av_opt_set);
EARSHOT_LAZY(util, av_opt_set_double);
EARSHOT_LAZY(util, av_rescale);
EARSHOT_LAZY(util, av_rescale_q);
EARSHOT_LAZY(util, av_rescale_q_rnd);
EARSHOT_LAZY(util, av_sample_fmt_is_planar);
EARSHOT_LAZY(util, av_strerror);

EARSHOT_LAZY(codec, av_get_exact_bits_per_sample);
EARSHOT_LAZY(codec, av_packet_alloc);
EARSHOT_LAZY(codec, av_packet_free);
EARSHOT_LAZY(codec, av_packet_get_side_data);
EARSHOT_LAZY(codec, av_packet_unref);
EARSHOT_LAZY(codec, avcodec_alloc_context3);
EARSHOT_LAZY(codec, avcodec_descriptor_get);
EARSHOT_LAZY(codec, avcodec_find_decoder);
EARSHOT_LAZY(codec, avcodec_flush_buffers);
EARSHOT_LAZY(codec, avcodec_free_context);
EARSHOT_LAZY(codec, avcodec_get_name);
EARSHOT_LAZY(codec, avcodec_open2);
EARSHOT_LAZY(codec, avcodec_parameters_to_context);
EARSHOT_LAZY(codec, avcodec_receive_frame);
EARSHOT_LAZY(codec, avcodec_send_packet);
EARSHOT_LAZY(codec, avcodec_version);

EARSHOT_LAZY(format, av_find_best_stream);
EARSHOT_LAZY(format, av_find_input_format);
EARSHOT_LAZY(format, av_read_frame);
EARSHOT_LAZY(format, av_seek_frame);
EARSHOT_LAZY(format, avformat_alloc_context);
EARSHOT_LAZY(format, avformat_close_input);
EARSHOT_LAZY(format, avformat_find_stream_info);
EARSHOT_LAZY(format, avformat_index_get_entries_count);
EARSHOT_LAZY(format, avformat_index_get_entry);
EARSHOT_LAZY(format, avformat_network_init);
EARSHOT_LAZY(format, avformat_open_input);
EARSHOT_LAZY(format, avformat_version);
EARSHOT_LAZY(format, avio_alloc_context);
EARSHOT_LAZY(format, avio_context_free);

EARSHOT_LAZY(device, avdevice_register_all);

EARSHOT_LAZY(resample, swr_alloc_set_opts2);
EARSHOT_LAZY(resample, swr_convert);
EARSHOT_LAZY(resample, swr_free);
EARSHOT_LAZY(resample, swr_init);
EARSHOT_LAZY(resample, swresample_version);

#undef EARSHOT_LAZY
#pragma GCC diagnostic pop

}  // namespace libav

struct LibavDeleter {
    void operator()(AVCodecContext* context) const { libav::avcodec_free_context(&context); }
    void operator()(AVFrame* frame) const { libav::av_frame_free(&frame); }
    void operator()(AVPacket* packet) const { libav::av_packet_free(&packet); }
    void operator()(SwrContext* context) const { libav::swr_free(&context); }
    void operator()(AVDictionary* dictionary) const { libav::av_dict_free(&dictionary); }
    void operator()(AVFormatContext* context) const { libav::avformat_close_input(&context); }
    void operator()(AVIOContext* context) const {
        libav::av_freep(&context->buffer);
        libav::avio_context_free(&context);
    }
};

template <class T>
using LibavPtr = std::unique_ptr<T, LibavDeleter>;

}  // namespace earshot::audio
