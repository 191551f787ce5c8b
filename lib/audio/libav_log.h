#pragma once

#include <string>

namespace earshot::audio {

/// Keeps libav from writing to stderr, and listens to what it complains of on this thread while the object
/// lives. Errors that libav passes over (a page whose checksum is wrong is skipped) reach us in no other way.
class LibavLog {
 public:
    /// @param first  gets the first error, "mp3float: Header missing", unless it holds one already
    explicit LibavLog(std::string& first);
    ~LibavLog();
    LibavLog(const LibavLog&) = delete;
    LibavLog& operator=(const LibavLog&) = delete;

 private:
    static void receive(void* context, int level, const char* format, __builtin_va_list arguments);
    std::string& first_;
    LibavLog* outer_;
};

/// What libav says of an error code: "Invalid data found when processing input".
std::string libav_error_text(int code);

}  // namespace earshot::audio
