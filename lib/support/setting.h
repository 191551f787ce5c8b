#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/error.h"

namespace earshot {

/// The value of a setting: a member of a struct of options, which must outlive this, and what it may be.
struct SettingValue {
    /// Sets the value from text. Returns what is wrong with it: "'70' should be a number from 0 to 60"; empty
    /// if it is set.
    std::function<std::string(const std::string& text)> read;
    /// The same from JSON; "\"clip\" is -1, should be a number from 0 to 60".
    std::function<std::string(const nlohmann::ordered_json& value, const std::string& key)> take;
    std::function<std::string()> text;             // such that read() takes it; empty if there is no value
    std::function<nlohmann::ordered_json()> json;  // null if there is no value
    bool* flag = nullptr;                          // of one that is on or off
    bool list = false;                             // several numbers
    std::string wanted;                            // what it may be: "a number from 0 to 60", "log or none"
    std::vector<std::string> words;                // of a choice
};

SettingValue on_or_off(bool& value);
SettingValue number_in(double& value, double low, double high);
SettingValue number_in(std::optional<double>& value, double low, double high);
SettingValue whole_in(int& value, int low, int high);
SettingValue whole_in(std::int64_t& value, std::int64_t low, std::int64_t high);
SettingValue whole_in(std::uint64_t& value, std::uint64_t low, std::uint64_t high);
SettingValue whole_in(std::optional<std::int64_t>& value, std::int64_t low, std::int64_t high);
SettingValue any_whole(std::uint64_t& value);
/// As text `90`, `1.5s`, `02:13` (time_text.h), as JSON in seconds.
SettingValue time_of(double& seconds);
SettingValue any_text(std::string& value);
SettingValue one_of(std::string& value, std::vector<std::string> words);
/// Whole numbers from 1 to `high`, `fewest` to `most` of them; as text "64,32".
SettingValue sizes_in(std::optional<std::vector<std::int64_t>>& value, std::size_t fewest, std::size_t most,
                      std::int64_t high);
/// `fewest` to `most` whole numbers from `low` to `high`. JSON leaves an empty list out.
SettingValue list_in(std::vector<std::int64_t>& value, std::size_t fewest, std::size_t most, std::int64_t low,
                     std::int64_t high);

/// "log, sqrt or none"
std::string one_of_text(std::span<const std::string> words);

/// One of a few words, the index of which is got and set.
SettingValue choice_of_words(std::vector<std::string> words, std::function<std::size_t()> get,
                             std::function<void(std::size_t)> set);

/// One of a few words, each with a value.
template <class Value>
SettingValue choice_of(Value& value, std::vector<std::pair<std::string, Value>> words) {
    std::vector<std::string> names;
    std::vector<Value> values;
    for (auto& [name, meant] : words) {
        names.push_back(std::move(name));
        values.push_back(meant);
    }
    const auto get = [&value, values] {
        std::size_t i = 0;
        while (i + 1 < values.size() && values[i] != value) ++i;
        return i;
    };
    return choice_of_words(std::move(names), get, [&value, values](std::size_t i) { value = values[i]; });
}

/// One setting, described once: the command line, TOML files, JSON (model.json, checkpoint.json) and what a
/// resumed run must have in common with the one before all follow from this.
struct Setting {
    /// @param name  of the option and of the key in TOML: "gain-jitter"; in JSON it is "gain_jitter"
    /// @param unit  what stands for the value in help: "DB", "FRACTION"; empty for flags
    /// @param help  one line; longer text belongs in the manual page
    Setting(std::string name_, SettingValue value_, std::string unit_, std::string help_)
        : name(std::move(name_)), value(std::move(value_)), unit(std::move(unit_)), help(std::move(help_)) {}

    /// --help explains it; it only names the others, which the manual page explains.
    Setting basic() && { return is_basic = true, std::move(*this); }
    /// A resumed run may have another value: it does not affect training, or only its length.
    Setting free() && { return is_free = true, std::move(*this); }
    /// JSON leaves it out where it is 0 or false.
    Setting sparse() && { return is_sparse = true, std::move(*this); }
    /// The key in JSON, where it is not the name.
    Setting as(std::string json_key) && { return key_ = std::move(json_key), std::move(*this); }

    /// A second name of the option.
    Setting also(std::string second_name) && { return alias = std::move(second_name), std::move(*this); }

    std::string key() const;

    std::string name;
    SettingValue value;
    std::string unit, help, alias;
    bool is_basic = false, is_free = false, is_sparse = false;

 private:
    std::string key_;
};

/// {"gain_jitter": 6.0, ...}, without those that have no value.
nlohmann::ordered_json settings_json(std::span<const Setting> settings);
/// The same without those that a resumed run may change.
nlohmann::ordered_json settings_fingerprint(std::span<const Setting> settings);

/// Sets what `json` has keys for; it may have others too. It comes from untrusted files.
/// @param where  in front of messages: "architecture"
/// @throws Error `architecture: "dropout" is 2, should be a number from 0 to 0.99`
void read_settings(const nlohmann::ordered_json& json, std::span<const Setting> settings,
                   const std::string& where);

/// "\"dropout\" is 2, should be a number from 0 to 0.99"
std::string wrong_setting(const std::string& key, const nlohmann::ordered_json& value,
                          const std::string& wanted);

}  // namespace earshot
