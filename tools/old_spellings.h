#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace earshot::tools {

/// What earshot 0.1 spelled otherwise. Old spellings keep working in this version, each with one warning.
class OldSpellings {
 public:
    using Warn = std::function<void(const std::string& message)>;

    OldSpellings(std::string command, Warn warn) : command_(std::move(command)), warn_(std::move(warn)) {}

    /// @param words  of the command line, after the command; options get their new spelling
    void renew(std::vector<std::string>& words);
    /// @param where  in front of the warning: "x.toml: line 3: "
    /// @return  the key as it is spelled now, in the command's section of a configuration file
    std::string renewed_key(const std::string& key, const std::string& where);

 private:
    std::string renewed_name(const std::string& name, const std::string& where, const char* dashes);
    void warn_once(const std::string& name, const std::string& message);

    std::string command_;
    Warn warn_;
    std::set<std::string> warned_;
};

}  // namespace earshot::tools
