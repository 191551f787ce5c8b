#include "network/settings.h"

#include <fmt/format.h>

#include "support/error.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

const Json& at(const Json& json, const std::string& key) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    if (found == json.end()) throw Error(fmt::format("architecture: \"{}\" is missing", key));
    return *found;
}

Error out_of_range(const std::string& key, const Json& value, const std::string& wanted) {
    std::string shown = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
    return Error(fmt::format("architecture: \"{}\" is {}, should be {}", key, shown, wanted));
}

}  // namespace

std::int64_t whole_setting(const Json& json, const std::string& key, std::int64_t low, std::int64_t high) {
    const Json& value = at(json, key);
    const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX};
    const bool fits = value.is_number_integer() && !huge && value.get<std::int64_t>() >= low &&
                      value.get<std::int64_t>() <= high;
    if (!fits) throw out_of_range(key, value, fmt::format("a whole number from {} to {}", low, high));
    return value.get<std::int64_t>();
}

double number_setting(const Json& json, const std::string& key, double low, double high) {
    const Json& value = at(json, key);
    const bool fits = value.is_number() && value.get<double>() >= low && value.get<double>() <= high;
    if (!fits) throw out_of_range(key, value, fmt::format("a number from {} to {}", low, high));
    return value.get<double>();
}

std::vector<std::int64_t> list_setting(const Json& json, const std::string& key, std::size_t fewest,
                                       std::size_t most, std::int64_t high) {
    const auto list = json.find(key);
    if (list == json.end() || !list->is_array() || list->size() < fewest || list->size() > most) {
        const auto count =
            fewest == 0 ? fmt::format("at most {}", most) : fmt::format("{} to {}", fewest, most);
        throw Error(fmt::format("architecture: \"{}\" should be a list of {} numbers", key, count));
    }
    std::vector<std::int64_t> numbers;
    for (const Json& number : *list) numbers.push_back(whole_setting(Json{{key, number}}, key, 1, high));
    return numbers;
}

bool flag_setting(const Json& json, const std::string& key) {
    if (!json.is_object() || !json.contains(key)) return false;
    const Json& value = at(json, key);
    if (!value.is_boolean()) throw out_of_range(key, value, "true or false");
    return value.get<bool>();
}

std::string text_setting(const Json& json, const std::string& key) {
    const Json& value = at(json, key);
    if (!value.is_string()) throw out_of_range(key, value, "text");
    return value.get<std::string>();
}

}  // namespace earshot::network
