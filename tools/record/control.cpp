#include "tools/record/control.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "support/error.h"
#include "support/json.h"
#include "support/output.h"

namespace earshot::tools {
namespace {

constexpr std::size_t kMaxBytes = 4096;
volatile std::sig_atomic_t signalled = 0;

extern "C" void remember_switch(int number) { signalled = number; }

}  // namespace

Control::Control(const std::string& file, Console& console) : file_(file), console_(console) {
    struct sigaction action {};
    action.sa_handler = remember_switch;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, nullptr);
    ::sigaction(SIGUSR2, &action, nullptr);
    if (file_.empty()) return;
    auto directory = std::filesystem::path(file_).parent_path();
    if (directory.empty()) directory = ".";
    watch_ = Descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    // Watch the directory: editors and mv replace the file itself.
    if (!watch_ || ::inotify_add_watch(watch_.get(), directory.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
        throw system_error(fmt::format("cannot watch {}", directory.native()));
    look_ = true;
}

std::optional<bool> Control::changed() {
    if (watch_) {
        alignas(inotify_event) std::array<char, 4096> events;
        const std::string name = std::filesystem::path(file_).filename().native();
        for (ssize_t got; (got = ::read(watch_.get(), events.data(), events.size())) > 0;) {
            for (ssize_t at = 0; at < got;) {
                inotify_event event;
                std::memcpy(&event, events.data() + at, sizeof event);
                const char* const changed_name = events.data() + at + sizeof event;
                look_ = look_ || (event.mask & IN_Q_OVERFLOW) != 0 || (event.len > 0 && name == changed_name);
                at += static_cast<ssize_t>(sizeof event + event.len);
            }
        }
    }
    std::optional<bool> wanted;
    if (std::exchange(look_, false)) wanted = read_file();
    if (const int number = signalled; number != 0) {
        signalled = 0;
        wanted = number == SIGUSR1;
    }
    return wanted;
}

std::optional<bool> Control::read_file() {
    if (!std::filesystem::exists(file_)) return {};
    try {
        const auto content = try_parse_json(read_text(file_, kMaxBytes));
        if (content && content->is_object()) {
            const auto recording = content->find("recording");
            if (recording != content->end() && recording->is_boolean()) return recording->get<bool>();
        }
        console_.warning(fmt::format("{}: expected {{\"recording\": true}} or false; ignored", file_));
    } catch (const Error& error) {
        console_.warning(error.what());
    }
    return {};
}

}  // namespace earshot::tools
