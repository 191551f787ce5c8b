#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <new>

#include "support/denormals.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "tools/options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

/// One line: CLI11 puts some messages on several.
std::string one_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string quoted_command_line(int argc, const char* const* argv, const char* name) {
    std::string line = fmt::format("earshot {}", name);
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;#~!") == std::string::npos;
        line += " " + (plain ? word : fmt::format("'{}'", word));
    }
    return line;
}

int run_declared(const Tool& command, int argc, const char* const* argv, Output& out, Console& console) {
    CLI::App app{command.description, fmt::format("earshot {}", command.name)};
    app.get_formatter()->column_width(34);
    app.set_help_flag("-h,--help", "Print this help")->group("Common options");
    app.footer(command.footer);
    app.option_defaults()->always_capture_default(false);
    const Runner run = command.declare(app);
    const auto console_options = std::make_shared<ConsoleOptions>();
    add_console(app, console_options);
    add_config(app, command.name);

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        out.write(app.help());
        out.close();
        return static_cast<int>(Exit::ok);
    } catch (const CLI::ParseError& error) {
        console.error(fmt::format("{} (see earshot {} --help)", one_line(error.what()), command.name));
        return static_cast<int>(Exit::usage);
    }
    console.configure(*console_options);
    const std::string effective = config_text(app, command.name);
    if (app.get_option("--dump-config")->count() > 0) {
        out.write(effective);
        out.close();
        return static_cast<int>(Exit::ok);
    }
    Context context{out, console, quoted_command_line(argc, argv, command.name), effective};
    const Exit status = run(context);
    out.close();
    return static_cast<int>(status);
}

}  // namespace

int run_tool(const Tool& command, int argc, const char* const* argv, Output& out, std::FILE* err) {
    Console console(err, fmt::format("earshot {}", command.name));
    try {
        return run_declared(command, argc, argv, out, console);
    } catch (const BrokenPipe&) {
        return static_cast<int>(Exit::ok);  // the reader has what it wanted
    } catch (const Interrupted&) {
        console.end_progress();
        return 128 + interrupt_signal();
    } catch (const UsageError& error) {
        console.error(error.what());
        return static_cast<int>(Exit::usage);
    } catch (const Error& error) {
        console.error(error.what());
    } catch (const std::bad_alloc&) {
        console.error("out of memory");
    } catch (const std::exception& error) {
        console.error(one_line(error.what()));
    }
    return static_cast<int>(Exit::failure);
}

}  // namespace earshot::tools
