#include "network/settings.h"

#include <fmt/format.h>

#include "support/error.h"
#include "support/setting.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

const Json& at(const Json& json, const std::string& key) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    if (found == json.end()) throw Error(fmt::format("architecture: \"{}\" is missing", key));
    return *found;
}

Error out_of_range(const std::string& key, const Json& value, const std::string& wanted) {
    return Error("architecture: " + wrong_setting(key, value, wanted));
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
