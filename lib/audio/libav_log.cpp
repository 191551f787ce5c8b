#include "audio/libav_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "audio/libav.h"

namespace earshot::audio {
namespace {

thread_local LibavLog* current = nullptr;

}  // namespace

LibavLog::LibavLog(std::string& first) : first_(first), outer_(std::exchange(current, this)) {
    static const bool installed = (libav::av_log_set_callback(receive), true);
    static_cast<void>(installed);
}

LibavLog::~LibavLog() { current = outer_; }

void LibavLog::receive(void* context, int level, const char* format, va_list arguments) {
    if (level > AV_LOG_ERROR || !current || !current->first_.empty()) return;
    std::array<char, 256> text{};
    const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (length <= 0) return;
    std::string message(text.data());
    while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
    for (char& c : message) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // an error is one line
    }
    const AVClass* kind = context ? *static_cast<const AVClass* const*>(context) : nullptr;
    current->first_ = kind ? std::string(kind->item_name(context)) + ": " + message : message;
}

std::string libav_error_text(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    libav::av_strerror(code, text.data(), text.size());
    return text.data();
}

}  // namespace earshot::audio
