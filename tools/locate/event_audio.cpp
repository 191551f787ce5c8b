#include "tools/locate/event_audio.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>

#include "audio/writer.h"
#include "locate/angles.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockFrames = 4096;
constexpr std::size_t kLongestLabel = 40;

/// A label as part of a file's name.
std::string file_word(const nlohmann::ordered_json& row) {
    if (!row.contains("label") || !row["label"].is_string()) return "event";
    std::string word = row["label"].get<std::string>().substr(0, kLongestLabel);
    for (auto& c : word) {
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-') c = '_';
    }
    return word.empty() ? "event" : word;
}

}  // namespace

EventAudio::EventAudio(std::string directory, locate::Beam beam, const locate::ArrayGeometry& geometry,
                       double speed_of_sound)
    : directory_(std::move(directory)), beam_(beam), geometry_(geometry), speed_of_sound_(speed_of_sound) {
    std::error_code failure;
    fs::create_directories(directory_, failure);
    if (failure) throw WriteError(fmt::format("cannot create {}: {}", directory_, failure.message()));
}

std::string EventAudio::save(const std::string& input, audio::SourceOptions options, const GivenEvent& event,
                             const locate::Fix& fix) {
    options.start_s = event.onset_s;
    options.duration_s = event.offset_s - event.onset_s;
    const auto source = audio::open_source(input, options);
    const auto format = source->format();
    const auto name =
        fmt::format("{}-{:04}-{}.wav", fs::path(input).stem().string(), ++count_, file_word(event.row));
    const auto path = (fs::path(directory_) / name).string();
    audio::AudioWriter writer(path, {format.rate_hz, 1});
    locate::Beamformer former(geometry_, format.rate_hz, format.channels, speed_of_sound_,
                              locate::towards(fix.azimuth_deg, fix.elevation_deg.value_or(0)), beam_);
    const locate::Beamformer::Sink sink = [&](std::span<const float> mono) { writer.write(mono); };
    for (auto block = source->read(kBlockFrames); !block.empty(); block = source->read(kBlockFrames)) {
        check_interrupt();
        former.push(block, sink);
    }
    former.finish(sink);
    writer.close();
    return path;
}

}  // namespace earshot::tools
