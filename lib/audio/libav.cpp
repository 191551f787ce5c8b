#include "audio/libav.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "support/error.h"

namespace earshot::audio::libav {
namespace {

/// The soname that we were compiled against; lib/CMakeLists.txt finds it.
const char* file_name(Library library) {
    switch (library) {
        case Library::util:
            return EARSHOT_LIBAVUTIL;
        case Library::codec:
            return EARSHOT_LIBAVCODEC;
        case Library::format:
            return EARSHOT_LIBAVFORMAT;
        case Library::device:
            return EARSHOT_LIBAVDEVICE;
        case Library::resample:
            break;
    }
    return EARSHOT_LIBSWRESAMPLE;
}

}  // namespace

void* find(Library library, const char* function) {
    const char* const file = file_name(library);
    void* const handle = ::dlopen(file, RTLD_LAZY | RTLD_LOCAL);  // never closed
    if (!handle) throw Error(fmt::format("cannot load {}, a part of FFmpeg (is it installed?)", file));
    void* const address = ::dlsym(handle, function);
    if (!address) throw Error(fmt::format("{} has no {}", file, function));
    return address;
}

}  // namespace earshot::audio::libav
