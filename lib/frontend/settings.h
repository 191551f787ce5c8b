#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/setting.h"

namespace earshot::frontend {

/// The settings of a kind of front end, bound to values of their own, at first the defaults.
struct FrontendSettings {
    std::string kind;
    std::shared_ptr<void> values;
    std::vector<Setting> settings;

    /// {"kind": "spectrum", "rate_hz": 44100, ...}, for make_frontend().
    nlohmann::ordered_json json() const;
};

/// @throws Error for a kind that does not exist
FrontendSettings describe_frontend(std::string_view kind);

// What several front ends have. The command line calls them by their names, JSON by their keys.

Setting sample_rate_setting(int& rate_hz);
Setting low_setting(double& low_hz);
Setting high_setting(double& high_hz);
/// @param key  "window_s" or "duration_s"
Setting frame_setting(double& seconds, std::string key);
Setting hop_setting(double& seconds);

/// {"kind": kind, ...}
nlohmann::ordered_json frontend_json(std::string_view kind, std::span<const Setting> settings);

/// Sets all of `settings` from JSON, which comes from untrusted files.
/// @throws Error unless `json` is an object that has these keys besides "kind" and no others (a setting that
/// we do not know would change the frames without our noticing); for a value out of its range, `front end:
/// bins is 0, must be a whole number from 1 to 65536`
void read_frontend(const nlohmann::ordered_json& json, std::span<const Setting> settings);

// How settings limit each other; these throw Error.

/// low <= value <= high
void check_number(std::string_view key, const nlohmann::ordered_json& value, double low, double high);
/// low_hz < high_hz <= rate_hz / 2
void check_band(double low_hz, double high_hz, int rate_hz);

/// An untrusted value as text that fits into one line of a message.
std::string setting_text(const nlohmann::ordered_json& value);

}  // namespace earshot::frontend
