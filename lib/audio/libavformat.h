#pragma once

extern "C" {
#include <libavformat/avformat.h>
}

#include <memory>

namespace earshot::audio {

/// The functions of libavformat that we call. It is loaded by the first that needs it: with the libraries it
/// brings along (for network streams, trackers, discs) that takes 13 ms, which WAV, MP3 and devices do
/// without.
struct LibavFormat {
    decltype(&::avformat_network_init) network_init;
    decltype(&::av_find_input_format) find_input_format;
    decltype(&::avformat_alloc_context) alloc_context;
    decltype(&::avformat_open_input) open_input;
    decltype(&::avformat_find_stream_info) find_stream_info;
    decltype(&::avformat_close_input) close_input;
    decltype(&::av_find_best_stream) find_best_stream;
    decltype(&::avformat_index_get_entries_count) index_entries;
    decltype(&::avformat_index_get_entry) index_entry;
    decltype(&::av_read_frame) read_frame;
    decltype(&::av_seek_frame) seek_frame;
    decltype(&::avio_alloc_context) io_alloc_context;
    decltype(&::avio_context_free) io_context_free;
};

/// @throws Error if it cannot be loaded
const LibavFormat& libavformat();

struct LibavFormatDeleter {
    void operator()(AVFormatContext* context) const { libavformat().close_input(&context); }
    void operator()(AVIOContext* context) const {
        av_freep(&context->buffer);
        libavformat().io_context_free(&context);
    }
};

template <class T>
using LibavFormatPtr = std::unique_ptr<T, LibavFormatDeleter>;

}  // namespace earshot::audio
