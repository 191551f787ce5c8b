#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace earshot {

/// A stranger's value as text that fits into one line of a message.
std::string setting_text(const nlohmann::ordered_json& value);

/// Reads the settings of a front end, which come from files of strangers. Everything wrong is an Error that
/// names the setting, what it is and what it may be.
class SettingsReader {
 public:
    /// @throws Error unless `settings` is an object that has these keys besides "kind" and no others: a
    /// setting that we do not know would change the frames without our noticing
    SettingsReader(const nlohmann::ordered_json& settings, std::initializer_list<std::string_view> keys);

    double number(std::string_view key, double least, double most) const;
    std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most) const;

 private:
    const nlohmann::ordered_json& settings_;
};

}  // namespace earshot
