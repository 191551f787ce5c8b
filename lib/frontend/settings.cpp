#include "frontend/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/error.h"

namespace earshot {

std::string setting_text(const nlohmann::ordered_json& value) {
    if (value.is_structured()) return value.is_array() ? "an array" : "an object";
    const std::string text = value.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
    return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

SettingsReader::SettingsReader(const nlohmann::ordered_json& settings,
                               std::initializer_list<std::string_view> keys)
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

}  // namespace earshot
