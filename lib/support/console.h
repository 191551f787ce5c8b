#pragma once

#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace earshot {

enum class ProgressMode { automatic, always, never };

struct ConsoleOptions {
    bool quiet = false;  // success is silent: no notes, no progress
    int verbosity = 0;   // number of -v
    ProgressMode progress = ProgressMode::automatic;
};

/// Text for people, on stderr: messages, and one progress line that messages never break.
/// Every member may be called from any thread.
class Console {
 public:
    /// @param prefix  in front of errors and warnings: "earshot detect"
    Console(std::FILE* stream, std::string prefix);
    void configure(const ConsoleOptions& options);

    void error(std::string_view message);    // "earshot detect: message"
    void warning(std::string_view message);  // "earshot detect: warning: message"; shown even when quiet
    void note(std::string_view message);     // without a prefix; not when quiet
    void detail(std::string_view message);   // only with -v, after the elapsed time "[ 1.234]"

    bool quiet() const { return options_.quiet; }
    bool is_terminal() const { return terminal_; }
    /// Colour is used on terminals, unless NO_COLOR is set or TERM is dumb.
    bool colour() const { return colour_; }

    /// Starts the progress line, drawn only if progress is wanted: "datagen  12/40  30%  00:12 left  name".
    /// @param total  in the units of `done`; if unknown, elapsed time is shown instead of a percentage
    void start_progress(std::string title, std::optional<double> total);
    /// Redraws at most ten times a second.
    void progress(double done, std::string_view detail = {});
    void end_progress();

 private:
    void say(std::string_view line);
    void draw();
    void erase();

    std::FILE* stream_;
    std::string prefix_;
    ConsoleOptions options_;
    bool terminal_ = false;
    bool colour_ = false;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();

    bool active_ = false;  // a progress line is wanted and started
    bool drawn_ = false;   // and is on the screen
    std::string title_, detail_;
    std::optional<double> total_;
    double done_ = 0;
    std::chrono::steady_clock::time_point progress_begin_, last_draw_;
};

}  // namespace earshot
