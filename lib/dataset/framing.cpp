#include "dataset/framing.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::dataset {
namespace {

constexpr std::size_t kBlockSamples = 8192;
constexpr double kProgressEvery_s = 1;

/// Reads the next samples, into the front end's own buffer if it has one. Empty at the end.
std::span<const float> next_block(audio::Source& source, std::span<float> room,
                                  const FramingOptions& options) {
    try {
        check_interrupt();
        if (room.empty()) return source.read(kBlockSamples);
        return room.first(source.read_into(room.first(std::min(room.size(), kBlockSamples))));
    } catch (const Interrupted&) {
        if (!options.interrupt_ends) throw;
        return {};
    }
}

}  // namespace

FrameLabeller::FrameLabeller(const label::Timeline& timeline, std::span<const std::string> labels,
                             double hop_s, double window_s)
    : timeline_(timeline), labels_(labels), hop_s_(hop_s), window_s_(window_s) {
    for (const auto& event : timeline.events) {
        if (!labels_.find(event.label)) {
            throw Error(fmt::format("label '{}' is not one of the classes", event.label));
        }
    }
}

std::int64_t FrameLabeller::class_of(double onset_s, double offset_s) {
    slot_ = windows::slot_within(onset_s, offset_s, window_s_, hop_s_);
    const double from_s = slot_.onset_s, to_s = slot_.offset_s;
    const auto& events = timeline_.events;
    for (; next_ < events.size() && events[next_].onset_s < to_s; ++next_)
        current_.events.push_back(events[next_]);
    std::erase_if(current_.events, [&](const label::Event& event) { return event.offset_s <= from_s; });
    if (current_.events.empty()) return -1;
    if (current_.events.size() == 1) {  // the usual case, made fast
        const auto& only = current_.events.front();
        return std::min(only.offset_s, to_s) > std::max(only.onset_s, from_s) ? *labels_.find(only.label)
                                                                              : -1;
    }
    const auto cover = current_.dominant(from_s, to_s);
    return cover ? *labels_.find(cover->label) : -1;
}

std::vector<std::size_t> FrameLabeller::overlapping() const {
    std::vector<std::size_t> classes;
    if (current_.events.size() < 2) return classes;
    for (const auto& [label, seconds] : current_.covers(slot_.onset_s, slot_.offset_s)) {
        if (2 * seconds > slot_.offset_s - slot_.onset_s)
            classes.push_back(static_cast<std::size_t>(*labels_.find(label)));
    }
    return classes;
}

double frame_recording(audio::Source& source, windows::WindowStream& windows, const FramingOptions& options,
                       const windows::WindowSink& sink) {
    const double rate_hz = windows.rate_hz();
    std::int64_t pushed = 0;
    windows.begin(options.start_s);
    double reported_s = 0;
    while (true) {
        const auto room = windows.room();
        const auto block = next_block(source, room, options);
        if (block.empty()) break;
        pushed += static_cast<std::int64_t>(block.size());
        if (options.samples) options.samples(block);
        try {
            if (room.empty())
                windows.push(block, sink);
            else
                windows.take(block.size(), sink);
            if (options.interrupt_ends) windows.flush(sink);
        } catch (const WriteError&) {
            throw;  // the sink's fault, not the recording's
        } catch (const Error& error) {
            throw Error(fmt::format("{}: {}", options.name, error.what()));
        }
        const double done_s = static_cast<double>(pushed) / rate_hz;
        if (!options.progress || (!options.interrupt_ends && done_s < reported_s + kProgressEvery_s))
            continue;
        options.progress(reported_s = done_s);
    }
    windows.finish(sink);
    return static_cast<double>(pushed) / rate_hz;
}

double frame_recording(audio::Source& source, frontend::Frontend& frontend, const FramingOptions& options,
                       const windows::WindowSink& sink) {
    windows::WindowStream frames(frontend, windows::Windowing());
    return frame_recording(source, frames, options, sink);
}

std::vector<std::string> damage_texts(const audio::Source& source) {
    std::vector<std::string> texts;
    for (const auto& [position_s, what] : source.damage())
        texts.push_back(fmt::format("at {:.3f} s: {}", position_s, what));
    return texts;
}

void fill_gaps(label::Timeline& timeline, const std::string& label) {
    std::vector<label::Event> gaps;
    double covered_s = 0;
    for (const auto& event : timeline.events) {
        if (event.onset_s > covered_s) gaps.push_back({covered_s, event.onset_s, label, {}});
        covered_s = std::max(covered_s, event.offset_s);
    }
    constexpr double kEnd = std::numeric_limits<double>::infinity();
    if (covered_s < kEnd) gaps.push_back({covered_s, kEnd, label, {}});
    timeline.events.insert(timeline.events.end(), gaps.begin(), gaps.end());
    timeline.sort();
}

}  // namespace earshot::dataset
