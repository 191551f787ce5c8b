#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace earshot::frontend {

/// A stranger's value as text that fits into one line of a message.
std::string setting_text(const nlohmann::ordered_json& value);

/// Reads the settings of a front end, which come from untrusted files. Anything wrong is an Error that names
/// the setting, its value and what is allowed.
class SettingsReader {
 public:
    /// @throws Error unless `settings` is an object that has these keys besides "kind" and no others: a
    /// setting that we do not know would change the frames without our noticing
    SettingsReader(const nlohmann::ordered_json& settings, const std::vector<std::string_view>& keys);

    double number(std::string_view key, double least, double most) const;
    std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most) const;
    bool boolean(std::string_view key) const;
    /// One of a few words.
    std::string choice(std::string_view key, std::initializer_list<std::string_view> words) const;

    /// low_hz and high_hz: 0 <= low_hz < high_hz <= rate_hz / 2.
    std::pair<double, double> band_hz(int rate_hz) const;

 private:
    const nlohmann::ordered_json& settings_;
};

}  // namespace earshot::frontend
