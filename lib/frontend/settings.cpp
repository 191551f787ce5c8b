#include "frontend/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "support/error.h"

namespace earshot::frontend {

using Json = nlohmann::ordered_json;

Json FrontendSettings::json() const { return frontend_json(kind, settings); }

Setting sample_rate_setting(int& rate_hz) {
    return Setting("sample-rate", whole_in(rate_hz, 1, 1'000'000), "HZ", "Resample the sound to this rate")
        .as("rate_hz");
}

Setting low_setting(double& low_hz) {
    return Setting("low", number_in(low_hz, 0, 1e6), "HZ", "Lowest frequency").as("low_hz");
}

Setting high_setting(double& high_hz) {
    return Setting("high", number_in(high_hz, 0, 1e6), "HZ", "Highest frequency").as("high_hz");
}

Setting frame_setting(double& seconds, std::string key) {
    return Setting("frame", time_of(seconds), "TIME", "Length of a frame")
        .as(std::move(key))
        .also("sample-duration");
}

Setting hop_setting(double& seconds) {
    return Setting("hop", time_of(seconds), "TIME", "From one frame to the next").as("hop_s");
}

Json frontend_json(std::string_view kind, std::span<const Setting> settings) {
    Json json = {{"kind", kind}};
    json.update(settings_json(settings));
    return json;
}

void read_frontend(const Json& json, std::span<const Setting> settings) {
    if (!json.is_object()) throw Error("front end: settings must be an object, not " + setting_text(json));
    for (const Setting& setting : settings) {
        if (!json.contains(setting.key()))
            throw Error(fmt::format("front end: setting {} is missing", setting.key()));
    }
    for (const auto& [key, value] : json.items()) {
        if (key != "kind" && std::ranges::find(settings, key, &Setting::key) == settings.end())
            throw Error(
                fmt::format("front end: unknown setting {} (made by a newer earshot?)", setting_text(key)));
    }
    for (const Setting& setting : settings) {
        const Json& value = json.at(setting.key());
        if (!setting.value.take(value, setting.key()).empty())
            throw Error(fmt::format("front end: {} is {}, must be {}", setting.key(), setting_text(value),
                                    setting.value.wanted));
    }
}

void check_number(std::string_view key, const Json& value, double low, double high) {
    const auto number = value.get<double>();
    if (!(number >= low && number <= high))
        throw Error(
            fmt::format("front end: {} is {}, must be {} to {}", key, setting_text(value), low, high));
}

void check_band(double low_hz, double high_hz, int rate_hz) {
    if (high_hz > rate_hz / 2.0)
        throw Error(
            fmt::format("front end: high_hz is {}, but sound at {} Hz reaches {} Hz only (lower the high "
                        "frequency or raise the sample rate)",
                        high_hz, rate_hz, rate_hz / 2.0));
    if (low_hz >= high_hz)
        throw Error(fmt::format("front end: low_hz is {}, must be below high_hz, {}", low_hz, high_hz));
}

std::string setting_text(const Json& value) {
    if (value.is_structured()) return value.is_array() ? "an array" : "an object";
    const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

}  // namespace earshot::frontend
