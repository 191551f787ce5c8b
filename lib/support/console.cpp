#include "support/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>

#include "support/time_text.h"

namespace earshot {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::size_t terminal_columns(std::FILE* stream) {
    winsize size{};
    return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Console::Console(std::FILE* stream, std::string prefix) : stream_(stream), prefix_(std::move(prefix)) {
    const int descriptor = ::fileno(stream);
    terminal_ = descriptor >= 0 && ::isatty(descriptor) == 1;
    const char* term = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");
    colour_ = terminal_ && (!no_colour || !*no_colour) && term && std::string_view(term) != "dumb";
}

void Console::configure(const ConsoleOptions& options) { options_ = options; }

void Console::say(std::string_view line) {
    const std::lock_guard lock(mutex_);
    erase();
    fmt::print(stream_, "{}\n", line);
    std::fflush(stream_);
    if (active_) draw();
}

void Console::error(std::string_view message) { say(fmt::format("{}: {}", prefix_, message)); }

void Console::warning(std::string_view message) { say(fmt::format("{}: warning: {}", prefix_, message)); }

void Console::note(std::string_view message) {
    if (!options_.quiet) say(message);
}

void Console::detail(std::string_view message) {
    if (options_.verbosity > 0) say(fmt::format("[{:6.3f}] {}", seconds_since(begin_), message));
}

void Console::start_progress(std::string title, std::optional<double> total) {
    const bool wanted = options_.progress == ProgressMode::always ||
                        (options_.progress == ProgressMode::automatic && terminal_ && !options_.quiet);
    const std::lock_guard lock(mutex_);
    active_ = wanted;
    title_ = std::move(title);
    detail_.clear();
    total_ = total;
    done_ = 0;
    progress_begin_ = Clock::now();
    last_draw_ = {};
}

void Console::progress(double done, std::string_view detail) {
    const std::lock_guard lock(mutex_);
    if (!active_) return;
    done_ = done;
    detail_ = detail;
    if (Clock::now() - last_draw_ >= std::chrono::milliseconds(100)) draw();
}

void Console::end_progress() {
    const std::lock_guard lock(mutex_);
    if (!active_) return;
    erase();
    if (!terminal_) {  // asked for with --progress always: leave the last state in the log
        draw();
        fmt::print(stream_, "\n");
        drawn_ = false;
    }
    std::fflush(stream_);
    active_ = false;
}

void Console::draw() {
    last_draw_ = Clock::now();
    const double elapsed = seconds_since(progress_begin_);
    std::string line = title_ + "  ";
    if (total_ && *total_ > 0) {
        const double share = std::min(1.0, done_ / *total_);
        line += fmt::format("{:g}/{:g}  {:.0f}%", std::floor(done_), *total_, std::floor(100 * share));
        if (share > 0 && share < 1)
            line += fmt::format("  {} left", clock_text(elapsed * (1 - share) / share + 0.5));
    } else {
        line += clock_text(elapsed);
    }
    if (!detail_.empty()) line += "  " + detail_;
    const auto columns = terminal_columns(stream_);
    if (terminal_ && line.size() >= columns) line.resize(columns - 1);
    erase();
    if (terminal_) {
        fmt::print(stream_, "{}", line);
        drawn_ = true;
    } else {
        fmt::print(stream_, "{}\n", line);  // no carriage returns or escapes in a log file
    }
    std::fflush(stream_);
}

void Console::erase() {
    if (drawn_) fmt::print(stream_, "\r\033[K");
    drawn_ = false;
}

}  // namespace earshot
