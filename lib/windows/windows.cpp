#include "windows/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/error.h"

namespace earshot::windows {

void RunFinder::push(std::span<const double> onsets_s) {
    for (const double onset_s : onsets_s) {
        const double step_s = onset_s - last_s_;
        if (rows_ > 0 && step_s > 0) {
            if (step_s_ > 0 && step_s > 1.5 * step_s_) breaks_.push_back(rows_);
            step_s_ = step_s_ > 0 ? std::min(step_s_, step_s) : step_s;
        }
        last_s_ = onset_s;
        ++rows_;
    }
}

std::vector<RowSpan> RunFinder::runs(std::int64_t rows) const {
    std::vector<RowSpan> runs{{0, rows}};
    for (const auto row : breaks_) {
        runs.back().count = row - runs.back().first;
        runs.push_back({row, rows - row});
    }
    return runs;
}

std::int64_t Windowing::count(std::int64_t rows) const {
    if (rows <= 0) return 0;
    return rows <= frames ? 1 : (rows - frames + hop - 1) / hop + 1;
}

std::int64_t Windowing::start(std::int64_t i, std::int64_t rows) const {
    return std::min(i * hop, std::max<std::int64_t>(0, rows - frames));
}

RowSpan Windowing::slot(std::int64_t start) const {
    const std::int64_t count = std::min(hop, frames);
    return {start + (frames - count) / 2, count};
}

RowSpan Windowing::slot(std::int64_t start, const RowSpan& run) const {
    const RowSpan within = slot(start);
    return {run.first + within.first, std::min(within.count, run.count - within.first)};
}

Padding parse_padding(std::string_view name) {
    if (name == "minimum") return Padding::minimum;
    if (name == "mean") return Padding::mean;
    throw Error(fmt::format("no padding '{}' (known: minimum, mean)", name));
}

nlohmann::ordered_json to_json(const Windowing& windowing) {
    return {{"frames", windowing.frames},
            {"hop", windowing.hop},
            {"padding", windowing.padding == Padding::mean ? "mean" : "minimum"}};
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
    return windowing;
}

void pad_window(std::span<float> window, std::size_t present, std::size_t dimension, Padding padding) {
    const auto there = window.first(present * dimension), missing = window.subspan(there.size());
    if (missing.empty()) return;
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

WindowCutter::WindowCutter(const Windowing& windowing, std::size_t dimension)
    : windowing_(windowing),
      dimension_(dimension),
      ring_(2 * static_cast<std::size_t>(windowing.frames) * dimension) {}

void WindowCutter::push(std::span<const float> frame, const Sink& sink) {
    if (frame.size() != dimension_) throw Error("window cutter: a frame of another size");
    const auto half = static_cast<std::int64_t>(ring_.size() / 2);
    const auto place = rows_ % windowing_.frames * static_cast<std::int64_t>(dimension_);
    std::ranges::copy(frame, ring_.begin() + place);
    std::ranges::copy(frame, ring_.begin() + place + half);
    ++rows_;
    const auto first = rows_ - windowing_.frames;
    if (first >= 0 && first % windowing_.hop == 0) emit(sink);
}

void WindowCutter::finish(const Sink& sink) {
    if (rows_ > covered_) {
        if (rows_ < windowing_.frames) {
            pad_window(std::span(ring_).first(ring_.size() / 2), static_cast<std::size_t>(rows_), dimension_,
                       windowing_.padding);
            rows_ = windowing_.frames;
        }
        emit(sink);
    }
    reset();
}

void WindowCutter::reset() { rows_ = covered_ = 0; }

void WindowCutter::emit(const Sink& sink) {
    const auto oldest = static_cast<std::size_t>(rows_ % windowing_.frames) * dimension_;
    covered_ = rows_;
    sink(std::span(ring_).subspan(oldest, ring_.size() / 2));
}

}  // namespace earshot::windows
