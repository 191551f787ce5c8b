#include "windows/windowing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "support/error.h"

namespace earshot::windows {

std::int64_t Windowing::step() const {
    if (overlap <= 0 || overlaps_frames() || has_context()) return hop;
    return std::max<std::int64_t>(1, std::llround((1 - overlap) * static_cast<double>(frames)));
}

std::int64_t Windowing::count(std::int64_t rows) const {
    if (rows <= 0) return 0;
    if (has_context()) return (rows + hop - 1) / hop;
    return rows <= frames ? 1 : (rows - frames + step() - 1) / step() + 1;
}

std::int64_t Windowing::start(std::int64_t i, std::int64_t rows) const {
    if (has_context()) return i * hop - context();
    return std::min(i * step(), std::max<std::int64_t>(0, rows - frames));
}

RowSpan Windowing::slot(std::int64_t start) const {
    const std::int64_t count = std::min(step(), frames);
    return {start + (frames - count) / 2, count};
}

RowSpan Windowing::slot(std::int64_t start, const RowSpan& run) const {
    if (has_context()) {
        const std::int64_t first = start + context();
        return {run.first + first, std::min(hop, run.count - first)};
    }
    const RowSpan within = slot(start);
    if (within.first >= run.count) return {run.first + run.count - 1, 1};
    return {run.first + within.first, std::min(within.count, run.count - within.first)};
}

Padding parse_padding(std::string_view name) {
    if (name == "minimum") return Padding::minimum;
    if (name == "mean") return Padding::mean;
    if (name == "edge") return Padding::edge;
    throw Error(fmt::format("no padding '{}' (known: minimum, mean, edge)", name));
}

std::string_view padding_name(Padding padding) {
    return padding == Padding::mean ? "mean" : padding == Padding::edge ? "edge" : "minimum";
}

nlohmann::ordered_json to_json(const Windowing& windowing) {
    nlohmann::ordered_json json{
        {"frames", windowing.frames}, {"hop", windowing.hop}, {"padding", padding_name(windowing.padding)}};
    if (windowing.steps > 1) json["steps"] = windowing.steps;
    return json;
}

Windowing windowing_from_json(const nlohmann::ordered_json& json) {
    constexpr std::int64_t kMaxFrames = 1 << 20;
    const auto whole = [&](const char* key) {
        const auto found = json.is_object() ? json.find(key) : json.end();
        const bool fits =
            found != json.end() && found->is_number_integer() && *found >= 1 && *found <= kMaxFrames;
        if (!fits)
            throw Error(fmt::format("\"{}\" of \"window\" should be a number from 1 to {}", key, kMaxFrames));
        return found->get<std::int64_t>();
    };
    Windowing windowing{whole("frames"), whole("hop"), Padding::minimum};
    const auto padding = json.find("padding");
    if (padding == json.end() || !padding->is_string())
        throw Error("\"padding\" of \"window\" should be text");
    windowing.padding = parse_padding(padding->get<std::string>());
    if (json.contains("steps")) windowing.steps = whole("steps");
    if (windowing.hop % windowing.steps != 0)
        throw Error("\"hop\" of \"window\" should be a multiple of its \"steps\"");
    const bool around = windowing.frames >= windowing.hop && (windowing.frames - windowing.hop) % 2 == 0;
    if (windowing.has_context() ? !around : windowing.steps > 1) {
        throw Error(
            "\"steps\" of \"window\" need \"padding\": \"edge\", with equal context before and after each "
            "hop");
    }
    return windowing;
}

void pad_window(std::span<float> window, std::size_t present, std::size_t dimension, Padding padding) {
    const auto there = window.first(present * dimension), missing = window.subspan(there.size());
    if (missing.empty()) return;
    if (padding == Padding::edge) {
        const auto outermost = there.last(dimension);
        for (std::size_t i = 0; i < missing.size(); ++i) missing[i] = outermost[i % dimension];
        return;
    }
    if (padding == Padding::minimum) {
        std::ranges::fill(missing, *std::ranges::min_element(there));
        return;
    }
    const auto frame = missing.first(dimension);
    std::ranges::fill(frame, 0.0F);
    for (std::size_t i = 0; i < there.size(); ++i) frame[i % dimension] += there[i];
    for (float& value : frame) value /= static_cast<float>(present);
    for (std::size_t i = dimension; i < missing.size(); ++i) missing[i] = missing[i - dimension];
}

}  // namespace earshot::windows
