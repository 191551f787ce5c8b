#pragma once

#include <string>

namespace earshot::audio {

/// Keeps libav from writing to stderr, and collects the errors that it logs on this thread while the object
/// lives. That is the only way to learn of errors that libav skips, such as a page with a wrong checksum.
class LibavLog {
 public:
    /// @param first  set to the first error ("mp3float: Header missing") unless already set
    explicit LibavLog(std::string& first);
    ~LibavLog();
    LibavLog(const LibavLog&) = delete;
    LibavLog& operator=(const LibavLog&) = delete;

 private:
    static void receive(void* context, int level, const char* format, __builtin_va_list arguments);
    std::string& first_;
    LibavLog* outer_;
};

/// The text of a libav error code: "Invalid data found when processing input".
std::string libav_error_text(int code);

}  // namespace earshot::audio
