#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace earshot::tools {

/// How frames are made. What is not given keeps the default of the front end.
struct FrontendOptions {
    std::string kind = "spectrum";
    std::optional<double> low_hz, high_hz, window_s, hop_s;
    std::optional<int> bins, rate_hz;
    std::vector<std::string> others;  // KEY=VALUE
};

void add_frontend(CLI::App& app, FrontendOptions& options);

/// For make_frontend(). @throws UsageError for settings that the front end does not have
nlohmann::ordered_json frontend_settings(const FrontendOptions& options);

}  // namespace earshot::tools
