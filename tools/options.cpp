#include "tools/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "audio/source.h"
#include "support/error.h"
#include "support/processors.h"
#include "support/time_text.h"
#include "tools/help.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

CLI::Validator time_validator() {
    return CLI::Validator(
        [](std::string& text) {
            try {
                text = fmt::format("{}", parse_time(text));
                return std::string();
            } catch (const Error& error) {
                return std::string(error.what());
            }
        },
        "TIME", "time");
}

}  // namespace

void add_output(CLI::App& app, std::string& path, const std::string& what) {
    app.add_option("-o,--output", path, what)->type_name("PATH");
}

void add_jobs(CLI::App& app, int& jobs) {
    app.add_option("-j,--jobs", jobs, "Process this many files in parallel (0: one per processor)")
        ->type_name("N")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
}

void add_force(CLI::App& app, bool& force) {
    app.add_flag("--force", force, "Redo or overwrite what exists");
}

void add_unbuffered(CLI::App& app, bool& unbuffered) {
    app.add_flag("--unbuffered", unbuffered, "Flush every line immediately");
}

CLI::Option* add_flag_or_value(CLI::App& app, const std::string& name, bool& given, std::string& value,
                               const std::string& description) {
    const auto take = [&given, &value](const std::string& text) {
        given = text != "false";
        value = given && text != "true" ? text : "";
    };
    return app.add_option_function<std::string>(name, take, description)->expected(0);
}

CLI::Option* add_time(CLI::App& app, const std::string& name, double& seconds,
                      const std::string& description) {
    return app.add_option(name, seconds, description)
        ->type_name("TIME")
        ->transform(time_validator())
        ->capture_default_str();
}

CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<double>& seconds,
                      const std::string& description) {
    return app.add_option(name, seconds, description)->type_name("TIME")->transform(time_validator());
}

void add_console(CLI::App& app, std::shared_ptr<ConsoleOptions> console) {
    app.add_flag("-q,--quiet", console->quiet, "Print nothing on success")
        ->group(kCommonOptions)
        ->configurable(false);
    app.add_flag("-v", console->verbosity, "Say more")->group(kCommonOptions)->configurable(false);
    app.add_option_function<std::string>(
           "--progress",
           [console](const std::string& mode) {
               console->progress = mode == "always"  ? ProgressMode::always
                                   : mode == "never" ? ProgressMode::never
                                                     : ProgressMode::automatic;
           },
           "Show a progress line: auto, always or never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->group(kCommonOptions)
        ->configurable(false);
}

void refuse_terminal(const std::string& input) {
    if (input == "-" && ::isatty(STDIN_FILENO) == 1) {
        throw UsageError("standard input is a terminal (name a file, or pipe one in)");
    }
}

std::unique_ptr<Output> open_text_output(const std::string& path) {
    const bool precious = fs::is_regular_file(path) && (path.ends_with(".npz") || audio::is_audio_file(path));
    if (precious) {
        throw UsageError(
            fmt::format("{}: will not replace a recording or dataset with text (give another name)", path));
    }
    return open_output(path);
}

int effective_jobs(int jobs) { return jobs > 0 ? jobs : available_processors(); }

std::string share_directory() {
    // PREFIX/libexec/earshot/earshot-NAME
    const auto prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path();
    return (prefix / "share" / "earshot").string();
}

std::string own_ears() { return share_directory() + "/ears/own.ears"; }

}  // namespace earshot::tools
