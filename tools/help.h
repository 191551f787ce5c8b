#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace earshot::tools {

inline constexpr const char* kCommonOptions = "Common options";  // the group of those that every command has
inline constexpr const char* kMoreOptions =
    "More options";  // of a command, for fine tuning: told in its page

/// Help that fits a screen: CLI11's, but types are shown by their names alone, defaults follow the
/// description, and the options that every command has, or that few will need, are only named at the end.
class HelpFormatter : public CLI::Formatter {
 public:
    HelpFormatter() { column_width(30); }
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
    std::string make_option_name(const CLI::Option* option, bool positional) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;

 private:
    std::string make_names(const CLI::App& app, const std::string& group, const std::string& where) const;
};

}  // namespace earshot::tools
