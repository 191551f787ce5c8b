// The driver: finds a command and becomes it. Links next to nothing, so that it starts in a millisecond.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/error.h"
#include "support/nearest.h"
#include "support/output.h"
#include "tools/commands.h"
#include "tools/driver/environment.h"
#include "tools/driver/version.h"

namespace {

namespace fs = std::filesystem;
using namespace earshot;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

/// PREFIX of PREFIX/bin/earshot, whatever link it was started through.
fs::path prefix() { return fs::read_symlink("/proc/self/exe").parent_path().parent_path(); }

/// Programs named earshot-NAME on PATH: commands that others have added.
std::set<std::string> path_commands() {
    std::set<std::string> names;
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "";
    while (!rest.empty()) {
        const auto colon = rest.find(':');
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(rest.substr(0, colon), ignored)) {
            const std::string name = entry.path().filename();
            if (name.starts_with("earshot-") && ::access(entry.path().c_str(), X_OK) == 0)
                names.insert(name.substr(8));
        }
        rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
    return names;
}

std::string usage() {
    std::string text =
        "earshot hears sounds, names them, and says when they happened.\n\n"
        "Usage: earshot COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n";
    for (const auto& command : tools::commands()) {
        if (command.built()) text += fmt::format("  {:<12}{}\n", command.name, command.summary);
    }
    for (const auto& name : path_commands()) {
        if (!tools::find_command(name)) text += fmt::format("  {:<12}(earshot-{} on PATH)\n", name, name);
    }
    text +=
        "\n  help [COMMAND]       open the manual\n"
        "  --version            print the version; with --verbose, of every library\n\n"
        "Example:\n";
    if (EARSHOT_TRAIN) text += "  earshot datagen recordings/ dataset/ && earshot train dataset/ -o model/\n";
    text += "  earshot detect model/ tonight.mp3\n";
    return text;
}

int fail(int status, const std::string& message) {
    fmt::print(stderr, "earshot: {}\n", message);
    return status;
}

void print(const std::string& text) {
    DescriptorOutput out(STDOUT_FILENO, "standard output");
    out.write(text);
    out.close();
}

int become(const std::string& program, std::vector<std::string> words) {
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execvp(program.c_str(), argv.data());
    return fail(kFailure, system_error(fmt::format("cannot start {} (is it installed?)", program)).what());
}

int unknown(const std::string& name) {
    std::vector<std::string> candidates{"help"};
    for (const auto& command : tools::commands()) candidates.emplace_back(command.name);
    for (const auto& other : path_commands()) candidates.push_back(other);
    const auto meant = nearest(name, candidates);
    const auto hint =
        meant.empty() ? std::string("see earshot --help") : fmt::format("did you mean {}?", meant);
    return fail(kUsage, fmt::format("'{}' is not an earshot command ({})", name, hint));
}

/// Shows earshot-NAME(1) or (5) of this tree, else what man finds for a command of somebody else's.
int open_manual(const std::string& name) {
    const std::string page = name.empty() ? "earshot" : "earshot-" + name;
    for (const int section : {1, 5}) {
        const fs::path ours = prefix() / fmt::format("share/man/man{}/{}.{}", section, page, section);
        if (fs::exists(ours)) return become("man", {"man", ours.string()});
    }
    if (!tools::find_command(name) && !path_commands().contains(name)) return unknown(name);
    return become("man", {"man", page});
}

int run_command(const std::string& name, std::vector<std::string> words) {
    words.front() = "earshot-" + name;
    if (const auto command = tools::find_command(name)) {
        if (!command->built()) {
            return fail(kFailure,
                        fmt::format("{} is not in this build, which has no LibTorch (configure with "
                                    "-D EARSHOT_TRAIN=ON)",
                                    name));
        }
        if (command->loads_torch) tools::prepare_compute_environment();
        return become((prefix() / "libexec/earshot" / words.front()).string(), words);
    }
    if (!path_commands().contains(name)) return unknown(name);
    return become(words.front(), words);
}

int dispatch(std::vector<std::string> words) {
    if (words.empty()) {
        fmt::print(stderr, "{}", usage());
        return kUsage;
    }
    const std::string first = words.front();
    if (first == "--help" || first == "-h") {
        print(usage());
        return 0;
    }
    if (first == "--version" || first == "-V") {
        const bool verbose = words.size() > 1 && (words[1] == "--verbose" || words[1] == "-v");
        if (words.size() > (verbose ? 2 : 1))
            return fail(kUsage, fmt::format("unknown option {}", words.back()));
        print(tools::version_text(verbose));
        return 0;
    }
    if (first == "help") {
        if (words.size() > 2) return fail(kUsage, "help takes one command (see earshot --help)");
        return open_manual(words.size() > 1 ? words[1] : "");
    }
    if (first.starts_with('-'))
        return fail(kUsage, fmt::format("unknown option {} (see earshot --help)", first));
    return run_command(first, std::move(words));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return dispatch({argv + std::min(argc, 1), argv + argc});
    } catch (const BrokenPipe&) {
        return 0;
    } catch (const std::exception& error) {
        return fail(kFailure, error.what());
    }
}
