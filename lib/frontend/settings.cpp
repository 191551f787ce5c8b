#include "frontend/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "support/error.h"

namespace earshot::frontend {

std::string setting_text(const nlohmann::ordered_json& value) {
    if (value.is_structured()) return value.is_array() ? "an array" : "an object";
    const std::string text = value.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
    return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

SettingsReader::SettingsReader(const nlohmann::ordered_json& settings,
                               const std::vector<std::string_view>& keys)
    : settings_(settings) {
    if (!settings.is_object())
        throw Error("front end: settings must be an object, not " + setting_text(settings));
    for (const std::string_view key : keys) {
        if (!settings.contains(key)) throw Error(fmt::format("front end: setting {} is missing", key));
    }
    for (const auto& [key, value] : settings.items()) {
        if (key != "kind" && std::find(keys.begin(), keys.end(), key) == keys.end())
            throw Error(
                fmt::format("front end: unknown setting {} (made by a newer earshot?)", setting_text(key)));
    }
}

double SettingsReader::number(std::string_view key, double least, double most) const {
    const auto& value = settings_.at(std::string(key));
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (!(number >= least && number <= most))
        throw Error(
            fmt::format("front end: {} is {}, must be {} to {}", key, setting_text(value), least, most));
    return number;
}

std::int64_t SettingsReader::integer(std::string_view key, std::int64_t least, std::int64_t most) const {
    const auto& value = settings_.at(std::string(key));
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) ||
        number != std::floor(number))
        throw Error(fmt::format("front end: {} is {}, must be a whole number, {} to {}", key,
                                setting_text(value), least, most));
    return static_cast<std::int64_t>(number);
}

bool SettingsReader::boolean(std::string_view key) const {
    const auto& value = settings_.at(std::string(key));
    if (!value.is_boolean())
        throw Error(fmt::format("front end: {} is {}, must be true or false", key, setting_text(value)));
    return value.get<bool>();
}

std::string SettingsReader::choice(std::string_view key,
                                   std::initializer_list<std::string_view> words) const {
    const auto& value = settings_.at(std::string(key));
    if (!value.is_string() || std::ranges::find(words, value.get<std::string>()) == words.end())
        throw Error(fmt::format("front end: {} is {}, must be {}", key, setting_text(value),
                                fmt::join(words, " or ")));
    return value.get<std::string>();
}

std::pair<double, double> SettingsReader::band_hz(int rate_hz) const {
    const double low_hz = number("low_hz", 0, 1e6), high_hz = number("high_hz", 0, 1e6);
    if (high_hz > rate_hz / 2.0)
        throw Error(
            fmt::format("front end: high_hz is {}, but sound at {} Hz reaches {} Hz only (lower the high "
                        "frequency or raise the sample rate)",
                        high_hz, rate_hz, rate_hz / 2.0));
    if (low_hz >= high_hz)
        throw Error(fmt::format("front end: low_hz is {}, must be below high_hz, {}", low_hz, high_hz));
    return {low_hz, high_hz};
}

}  // namespace earshot::frontend
