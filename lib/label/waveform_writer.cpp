#include "label/waveform_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>

#include "label/label_text.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::label {
namespace {

constexpr std::size_t kWaveformBlockFrames = 4096;

/// Reads up to `end`, or to the end of the source, into `sink`. @return the position reached
template <class Sink>
std::int64_t read_until(audio::Source& source, std::int64_t position, std::int64_t end, const Sink& sink) {
    while (position < end) {
        const auto wanted = std::min<std::int64_t>(end - position, kWaveformBlockFrames);
        const auto block = source.read(static_cast<std::size_t>(wanted));
        if (block.empty()) break;
        sink(block);
        position += static_cast<std::int64_t>(block.size());
        check_interrupt();
    }
    return position;
}

}  // namespace

void write_waveform_json(const Timeline& timeline, audio::Source& source, Output& out) {
    const double rate_hz = source.format().rate_hz;
    const auto sample = [&](double seconds) {
        return std::isinf(seconds) ? INT64_MAX : static_cast<std::int64_t>(std::llround(seconds * rate_hz));
    };
    auto labels = nlohmann::json::array();
    std::int64_t position = 0;
    out.write("{\"waveforms\": [");
    fmt::memory_buffer text;
    for (const auto& event : timeline.events) {
        const auto onset = sample(event.onset_s), offset = sample(event.offset_s);
        const auto fail = [&](const char* what) {
            throw Error(fmt::format("'{}' at {} s {}", event.label, event.onset_s, what));
        };
        if (onset < position) fail("overlaps the event before it, which waveform-json cannot express");
        if (onset == offset) fail("has no duration, which waveform-json cannot express");
        position = read_until(source, position, onset, [](std::span<const float>) {});
        out.write(labels.empty() ? "\n[" : ",\n[");
        const char* separator = "";
        position = read_until(source, position, offset, [&](std::span<const float> block) {
            text.clear();
            fmt::format_to(std::back_inserter(text), "{}{}", separator, fmt::join(block, ", "));
            out.write({text.data(), text.size()});
            separator = ", ";
        });
        if (position <= onset) fail("begins after the end of the recording");
        out.write("]");
        labels.push_back(writable_label(event.label));
    }
    out.write(fmt::format("],\n\"labels\": {},\n\"fs\": {}}}\n", labels.dump(), source.format().rate_hz));
}

}  // namespace earshot::label
