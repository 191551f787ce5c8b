#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace earshot::tools {

/// How frames are made. What is not given keeps the default of the front end.
struct FrontendOptions {
    std::string kind = "spectrum";
    std::map<std::string, std::string> named;  // settings that have options, by name
    std::vector<std::string> others;           // KEY=VALUE
};

/// The options that say how frames are made: "front-end", "low", ..., "pretrained"
std::vector<const char*> frontend_option_names();

void add_frontend(CLI::App& app, FrontendOptions& options);

/// For make_frontend(). @throws UsageError for settings that the front end does not have
nlohmann::ordered_json frontend_settings(const FrontendOptions& options);

/// The settings of all front ends, as `--describe-options` prints them.
std::string describe_frontends(const std::string& command);

}  // namespace earshot::tools
