#include "record/recovery.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "audio/byte_input.h"
#include "audio/sndfile_decoder.h"
#include "audio/wav.h"
#include "record/index_line.h"
#include "record/segment_name.h"
#include "support/error.h"

namespace earshot::record {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockFrames = 8192;
constexpr std::size_t kRecentDays = 3;

/// The index line of a recording, read as far as possible.
nlohmann::ordered_json measure(const std::string& path, UtcTime start) {
    IndexLine line;
    line.start = start;
    audio::SndfileDecoder recording(std::make_unique<audio::ByteInput>(path),
                                    audio::ChannelChoice{audio::ChannelChoice::Kind::all, 0});
    line.format = recording.format();
    LevelMeter levels;
    try {
        for (auto block = recording.read(kBlockFrames); !block.empty(); block = recording.read(kBlockFrames))
            levels.add(block);
    } catch (const Error&) {
        // truncated: count what could be read
    }
    line.frames = levels.samples() / line.format.channels;
    line.levels = levels;
    return line.json();
}

/// Copies what the sound itself cannot tell.
void add_noted(const nlohmann::ordered_json& noted, nlohmann::ordered_json& line) {
    if (!noted.is_object() || !noted.contains("file") || noted["file"] != line["file"]) return;
    for (const char* key : {"overruns", "position", "gap", "device"}) {
        if (noted.contains(key)) line[key] = noted[key];
    }
}

}  // namespace

std::vector<std::string> recent_days(const std::string& directory, std::vector<std::string> days) {
    std::ranges::sort(days, std::greater{}, [&](const std::string& day) {
        std::error_code failure;
        return fs::last_write_time(fs::path(directory) / day, failure);
    });
    if (days.size() > kRecentDays) days.resize(kRecentDays);
    std::ranges::sort(days);
    return days;
}

bool complete_part(const std::string& part, const std::string& path) {
    bool has_sound = fs::file_size(part) > 0;
    if (has_sound && path.ends_with(".wav")) {
        try {
            has_sound = audio::repair_wav(part) > 0;
        } catch (const WriteError&) {
            throw;
        } catch (const Error&) {
            has_sound = false;  // not even a header
        }
    }
    if (!has_sound) {
        ::unlink(part.c_str());
        return false;
    }
    if (::rename(part.c_str(), path.c_str()) != 0)
        throw WriteError(system_error("cannot write " + path).what());
    return true;
}

std::vector<nlohmann::ordered_json> recover_day(const std::string& directory, const std::string& day,
                                                const std::set<std::string>& indexed,
                                                const nlohmann::ordered_json& noted) {
    const fs::path folder = fs::path(directory) / day;
    std::vector<std::string> parts, names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().native();
        if (name_of_part(name)) parts.push_back(name);
        if (is_segment(name) && !indexed.contains(name)) names.push_back(name);
    }
    for (const auto& part : parts) {
        const std::string name = *name_of_part(part);
        if (complete_part((folder / part).native(), (folder / name).native()) && !indexed.contains(name))
            names.push_back(name);
    }
    std::ranges::sort(names);
    std::vector<nlohmann::ordered_json> lines;
    for (const auto& name : names) {
        nlohmann::ordered_json line{{"file", day + "/" + name}};
        try {
            line.update(measure((folder / name).native(), *segment_start(name)));
            add_noted(noted, line);
            line["recovered"] = true;
        } catch (const Error& error) {
            line["error"] = error.what();
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace earshot::record
