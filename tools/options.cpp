#include "tools/options.h"

#include <fmt/format.h>
#include <sched.h>

#include <filesystem>
#include <sstream>

#include "support/error.h"
#include "support/time_text.h"
#include "tools/commands.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

/// Reads the section of one command from a TOML file that has sections for others too.
/// `section.option` unknown to the command, or a section that is no command, is an error: a misspelt
/// setting must not pass for a default.
class SectionConfig : public CLI::ConfigTOML {
 public:
    explicit SectionConfig(std::string command) : command_(std::move(command)) {}

    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
        std::vector<CLI::ConfigItem> ours;
        for (auto& item : CLI::ConfigTOML::from_config(input)) {
            if (item.name == "++" || item.name == "--") continue;  // section marks
            if (item.parents.empty()) {
                throw CLI::ConfigError(fmt::format("'{}' stands outside a section (try [{}])", item.name, command_));
            }
            const auto& section = item.parents.front();
            if (!find_command(section)) throw CLI::ConfigError(fmt::format("[{}] names no command", section));
            if (section != command_) continue;
            item.parents.erase(item.parents.begin());
            ours.push_back(std::move(item));
        }
        return ours;
    }

 private:
    std::string command_;
};

std::string find_recipe(const std::string& name) {
    if (fs::is_regular_file(name)) return name;
    const fs::path recipes = fs::path(share_directory()) / "recipes";
    if (const auto path = recipes / (name + ".toml"); fs::is_regular_file(path)) return path.string();
    std::vector<std::string> known;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(recipes, none)) {
        if (entry.path().extension() == ".toml") known.push_back(entry.path().stem().string());
    }
    std::sort(known.begin(), known.end());
    throw CLI::ValidationError("--recipe", fmt::format("no recipe or file named '{}' (recipes: {})", name,
                                                       fmt::join(known, ", ")));
}

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
    app.add_option("-j,--jobs", jobs, "Work on this many files at once (0: one per processor)")
        ->type_name("N")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
}

void add_force(CLI::App& app, bool& force) { app.add_flag("--force", force, "Redo or overwrite what exists"); }

void add_seed(CLI::App& app, std::uint64_t& seed) {
    app.add_option("--seed", seed, "Seed of every random choice")->type_name("N")->capture_default_str();
}

void add_unbuffered(CLI::App& app, bool& unbuffered) {
    app.add_flag("--unbuffered", unbuffered, "Write every line at once");
}

CLI::Option* add_time(CLI::App& app, const std::string& name, double& seconds, const std::string& description) {
    return app.add_option(name, seconds, description)->transform(time_validator())->capture_default_str();
}

CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<double>& seconds,
                      const std::string& description) {
    return app.add_option(name, seconds, description)->transform(time_validator());
}

void add_console(CLI::App& app, std::shared_ptr<ConsoleOptions> console) {
    const std::string group = "Common options";
    app.add_flag("-q,--quiet", console->quiet, "Say nothing on success")->group(group)->configurable(false);
    app.add_flag("-v", console->verbosity, "Say more (repeat for more still)")->group(group)->configurable(false);
    app.add_option_function<std::string>(
           "--progress",
           [console](const std::string& mode) {
               console->progress = mode == "always"  ? ProgressMode::always
                                   : mode == "never" ? ProgressMode::never
                                                     : ProgressMode::automatic;
           },
           "Draw a progress line: auto, always or never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->group(group)
        ->configurable(false);
}

void add_config(CLI::App& app, const std::string& command) {
    // CLI11 reads several configuration files last first and keeps the first value that it meets for an
    // option, so a recipe put in front of the files of --config gives way to them.
    auto* config = app.set_config("--config")
                       ->description("Read options from a TOML file; the command line overrides them")
                       ->type_name("FILE")
                       ->group("Common options")
                       ->expected(1)
                       ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.config_formatter(std::make_shared<SectionConfig>(command));
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.add_option("--recipe", "Start from a recipe: a name from share/recipes, or a file")
        ->type_name("NAME|FILE")
        ->group("Common options")
        ->configurable(false)
        ->trigger_on_parse()  // before the configuration files are read
        ->each([config](const std::string& name) {
            auto files = config->results();
            files.insert(files.begin(), find_recipe(name));
            config->clear();
            for (auto& file : files) config->add_result(std::move(file));
        });
    app.add_flag("--dump-config")
        ->description("Print the effective options as TOML and stop")
        ->group("Common options")
        ->configurable(false);
}

std::string config_text(const CLI::App& app, const std::string& command) {
    return fmt::format("[{}]\n{}", command, app.config_to_str(true, false));
}

int effective_jobs(int jobs) {
    if (jobs > 0) return jobs;
    cpu_set_t allowed;
    return ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? std::max(1, CPU_COUNT(&allowed)) : 1;
}

std::string share_directory() {
    // PREFIX/libexec/earshot/earshot-NAME
    const auto prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path();
    return (prefix / "share" / "earshot").string();
}

}  // namespace earshot::tools
