#include "support/setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "support/time_text.h"

namespace earshot {
namespace {

using Json = nlohmann::ordered_json;

std::string wrong_text(const std::string& text, const std::string& wanted) {
    return fmt::format("'{}' should be {}", text, wanted);
}

/// All of `text`, whatever the locale.
template <class Number>
bool read_number(std::string_view text, Number& number) {
    const char* const end = text.data() + text.size();
    if (text.starts_with('+')) text.remove_prefix(1);
    Number read{};
    const auto [stop, status] = std::from_chars(text.data(), end, read);
    if (status != std::errc() || stop != end) return false;
    number = read;
    return true;
}

bool take_number(const Json& value, double& number) {
    if (!value.is_number()) return false;
    number = value.get<double>();
    return true;
}

template <class Whole>
bool take_number(const Json& value, Whole& number) {
    if (value.is_number_float()) {  // 16000.0, as some programs write whole numbers
        constexpr double kExact = 1LL << 53;
        const auto given = value.get<double>();
        if (given != std::floor(given) || std::abs(given) > kExact) return false;
        return take_number(Json(static_cast<std::int64_t>(given)), number);
    }
    if (!value.is_number_integer()) return false;
    if (value.is_number_unsigned() ? !std::in_range<Whole>(value.get<std::uint64_t>())
                                   : !std::in_range<Whole>(value.get<std::int64_t>()))
        return false;
    number = value.get<Whole>();
    return true;
}

template <class Number>
std::string range_text(Number low, Number high) {
    return fmt::format("a {} from {} to {}", std::is_floating_point_v<Number> ? "number" : "whole number",
                       low, high);
}

/// @param set  takes a number in the range
template <class Number, class Set, class Get>
SettingValue number_value(Number low, Number high, Set set, Get get) {
    const std::string wanted = range_text(low, high);
    const auto set_if_fit = [=](Number number) {
        const bool fits = number >= low && number <= high;
        if (fits) set(number);
        return fits;
    };
    SettingValue value;
    value.wanted = wanted;
    value.read = [=](const std::string& text) {
        Number number{};
        return read_number(text, number) && set_if_fit(number) ? std::string() : wrong_text(text, wanted);
    };
    value.take = [=](const Json& json, const std::string& key) {
        Number number{};
        return take_number(json, number) && set_if_fit(number) ? std::string()
                                                               : wrong_setting(key, json, wanted);
    };
    value.json = [=]() -> Json { return get(); };
    value.text = [=] {
        const Json now = get();
        return now.is_null() ? std::string() : fmt::format("{}", now.get<Number>());
    };
    return value;
}

template <class Number>
SettingValue number_value(Number& value, Number low, Number high) {
    return number_value(
        low, high, [&value](Number number) { value = number; }, [&value] { return Json(value); });
}

template <class Number>
SettingValue number_value(std::optional<Number>& value, Number low, Number high) {
    return number_value(
        low, high, [&value](Number number) { value = number; },
        [&value] { return value ? Json(*value) : Json(); });
}

SettingValue text_value(std::function<std::string(const std::string& text)> read,
                        std::function<std::string()> text, const std::string& wanted) {
    SettingValue value;
    value.wanted = wanted;
    value.read = read;
    value.take = [read, wanted](const Json& json, const std::string& key) {
        const bool fits = json.is_string() && read(json.get<std::string>()).empty();
        return fits ? std::string() : wrong_setting(key, json, wanted);
    };
    value.json = [text] { return Json(text()); };
    value.text = std::move(text);
    return value;
}

}  // namespace

SettingValue on_or_off(bool& value) {
    SettingValue made;
    made.flag = &value;
    made.wanted = "true or false";
    made.read = [&value](const std::string& text) {
        if (text != "true" && text != "false") return wrong_text(text, "true or false");
        value = text == "true";
        return std::string();
    };
    made.take = [&value](const Json& json, const std::string& key) {
        if (!json.is_boolean()) return wrong_setting(key, json, "true or false");
        value = json.get<bool>();
        return std::string();
    };
    made.text = [&value] { return std::string(value ? "true" : "false"); };
    made.json = [&value] { return Json(value); };
    return made;
}

SettingValue number_in(double& value, double low, double high) { return number_value(value, low, high); }
SettingValue number_in(std::optional<double>& value, double low, double high) {
    return number_value(value, low, high);
}
SettingValue whole_in(int& value, int low, int high) { return number_value(value, low, high); }
SettingValue whole_in(std::int64_t& value, std::int64_t low, std::int64_t high) {
    return number_value(value, low, high);
}
SettingValue whole_in(std::optional<std::int64_t>& value, std::int64_t low, std::int64_t high) {
    return number_value(value, low, high);
}
SettingValue whole_in(std::uint64_t& value, std::uint64_t low, std::uint64_t high) {
    return number_value(value, low, high);
}
SettingValue any_whole(std::uint64_t& value) { return whole_in(value, 0, UINT64_MAX); }

SettingValue time_of(double& seconds) {
    auto value = number_in(seconds, 0, 1e12);
    value.wanted = "a time";
    value.read = [&seconds](const std::string& text) {
        try {
            seconds = parse_time(text);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    return value;
}

SettingValue any_text(std::string& value) {
    const auto read = [&value](const std::string& text) { return value = text, std::string(); };
    return text_value(
        read, [&value] { return value; }, "text");
}

std::string one_of_text(std::span<const std::string> words) {
    return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

SettingValue choice_of_words(std::vector<std::string> words, std::function<std::size_t()> get,
                             std::function<void(std::size_t)> set) {
    const std::string wanted = one_of_text(words);
    const auto read = [words, set, wanted](const std::string& text) {
        const auto found = std::ranges::find(words, text);
        if (found == words.end()) return wrong_text(text, wanted);
        set(static_cast<std::size_t>(found - words.begin()));
        return std::string();
    };
    auto value = text_value(
        read, [words, get] { return words[get()]; }, wanted);
    value.words = std::move(words);
    return value;
}

SettingValue one_of(std::string& value, std::vector<std::string> words) {
    const auto get = [&value, words] {
        return static_cast<std::size_t>(std::min(std::ranges::find(words, value), words.end() - 1) -
                                        words.begin());
    };
    const auto set = [&value, words](std::size_t i) { value = words[i]; };
    return choice_of_words(words, get, set);
}

namespace {

const std::vector<std::int64_t>& list_of(const std::vector<std::int64_t>& value) { return value; }
std::vector<std::int64_t> list_of(const std::optional<std::vector<std::int64_t>>& value) {
    return value.value_or(std::vector<std::int64_t>{});
}
bool has_list(const std::vector<std::int64_t>& value) { return !value.empty(); }
bool has_list(const std::optional<std::vector<std::int64_t>>& value) { return value.has_value(); }

/// @param value  a vector, or an optional one
template <class Value>
SettingValue list_value(Value& value, std::size_t fewest, std::size_t most, std::int64_t low,
                        std::int64_t high) {
    const auto count = fewest == 0 ? fmt::format("at most {}", most) : fmt::format("{} to {}", fewest, most);
    const auto wanted = fmt::format("{} whole numbers from {} to {}, with commas between", count, low, high);
    const auto right_count = [=](std::size_t numbers) { return numbers >= fewest && numbers <= most; };
    const auto fits = [=](std::int64_t number) { return number >= low && number <= high; };
    SettingValue made;
    made.list = true;
    made.wanted = wanted;
    made.read = [=, &value](const std::string& text) {
        std::vector<std::int64_t> numbers;
        for (std::string_view rest = text; !rest.empty();) {
            const auto word = rest.substr(0, rest.find(','));
            if (!read_number(word, numbers.emplace_back())) numbers.back() = low - 1;
            rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        }
        if (!right_count(numbers.size()) || !std::ranges::all_of(numbers, fits))
            return wrong_text(text, wanted);
        value = std::move(numbers);
        return std::string();
    };
    made.take = [=, &value](const Json& json, const std::string& key) {
        if (!json.is_array() || !right_count(json.size()))
            return fmt::format("\"{}\" should be a list of {} numbers", key, count);
        std::vector<std::int64_t> numbers;
        for (const Json& item : json) {
            if (!take_number(item, numbers.emplace_back()) || !fits(numbers.back()))
                return wrong_setting(key, item, range_text(low, high));
        }
        value = std::move(numbers);
        return std::string();
    };
    made.text = [&value] { return fmt::format("{}", fmt::join(list_of(value), ",")); };
    made.json = [&value] { return has_list(value) ? Json(list_of(value)) : Json(); };
    return made;
}

}  // namespace

SettingValue sizes_in(std::optional<std::vector<std::int64_t>>& value, std::size_t fewest, std::size_t most,
                      std::int64_t high) {
    return list_value(value, fewest, most, 1, high);
}
SettingValue list_in(std::vector<std::int64_t>& value, std::size_t fewest, std::size_t most, std::int64_t low,
                     std::int64_t high) {
    return list_value(value, fewest, most, low, high);
}

std::string Setting::key() const {
    if (!key_.empty()) return key_;
    std::string key = name;
    std::ranges::replace(key, '-', '_');
    return key;
}

Json settings_json(std::span<const Setting> settings) {
    Json json = Json::object();
    for (const Setting& setting : settings) {
        const Json value = setting.value.json();
        const bool nothing = value == Json(0) || value == Json(false);
        if (!value.is_null() && !(setting.is_sparse && nothing)) json[setting.key()] = value;
    }
    return json;
}

Json settings_fingerprint(std::span<const Setting> settings) {
    Json json = settings_json(settings);
    for (const Setting& setting : settings)
        if (setting.is_free) json.erase(setting.key());
    return json;
}

void read_settings(const Json& json, std::span<const Setting> settings, const std::string& where) {
    for (const Setting& setting : settings) {
        const auto found = json.find(setting.key());
        if (found == json.end()) continue;
        const auto wrong = setting.value.take(*found, setting.key());
        if (!wrong.empty()) throw Error(fmt::format("{}: {}", where, wrong));
    }
}

std::string wrong_setting(const std::string& key, const Json& value, const std::string& wanted) {
    std::string shown = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
    return fmt::format("\"{}\" is {}, should be {}", key, shown, wanted);
}

}  // namespace earshot
