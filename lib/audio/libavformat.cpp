#include "audio/libavformat.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "support/error.h"

namespace earshot::audio {
namespace {

LibavFormat load() {
    void* const library = ::dlopen(EARSHOT_LIBAVFORMAT, RTLD_LAZY | RTLD_LOCAL);  // never closed
    if (!library)
        throw Error(fmt::format("cannot load {}, a part of FFmpeg (is it installed?)", EARSHOT_LIBAVFORMAT));
    LibavFormat functions{};
    const auto find = [&]<class Function>(Function& function, const char* name) {
        function = reinterpret_cast<Function>(::dlsym(library, name));
        if (!function) throw Error(fmt::format("{} has no {}", EARSHOT_LIBAVFORMAT, name));
    };
    find(functions.network_init, "avformat_network_init");
    find(functions.find_input_format, "av_find_input_format");
    find(functions.alloc_context, "avformat_alloc_context");
    find(functions.open_input, "avformat_open_input");
    find(functions.find_stream_info, "avformat_find_stream_info");
    find(functions.close_input, "avformat_close_input");
    find(functions.find_best_stream, "av_find_best_stream");
    find(functions.index_entries, "avformat_index_get_entries_count");
    find(functions.index_entry, "avformat_index_get_entry");
    find(functions.read_frame, "av_read_frame");
    find(functions.seek_frame, "av_seek_frame");
    find(functions.io_alloc_context, "avio_alloc_context");
    find(functions.io_context_free, "avio_context_free");
    return functions;
}

}  // namespace

const LibavFormat& libavformat() {
    static const LibavFormat functions = load();
    return functions;
}

}  // namespace earshot::audio
