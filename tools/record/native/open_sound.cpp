#include "tools/record/open_sound.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "capture/device.h"
#include "support/error.h"

namespace earshot::tools {
namespace {

/// Beside this executable.
constexpr const char* kOther = "record-any";

/// The same command line, in the executable that links libav. Only comes back by throwing.
[[noreturn]] void hand_over() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto other = std::filesystem::read_symlink("/proc/self/exe").replace_filename(kOther);
    ::execv(other.c_str(), argv.data());
    throw system_error(fmt::format("cannot run {}", other.native()));
}

}  // namespace

void choose_executable(const std::string& device, const std::optional<audio::RawFormat>& raw) {
    const bool native =
        device == "-" ? capture::standard_input_is_pcm(raw) : capture::is_native_device(device);
    if (!native) hand_over();
}

std::unique_ptr<capture::LiveSource> open_sound(const std::string& device,
                                                const capture::CaptureOptions& options) {
    const auto open = [device](const capture::DeviceRequest& request) {
        return device == "-" ? capture::open_pcm_input(request) : capture::open_native(device, request);
    };
    return capture::capture(device, open, options);
}

}  // namespace earshot::tools
