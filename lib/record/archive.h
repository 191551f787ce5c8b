#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "record/day_index.h"
#include "record/sound_file.h"
#include "support/descriptor.h"
#include "support/time_text.h"

namespace earshot::record {

struct ArchiveOptions {
    std::string directory;
    SoundCoding coding;
    std::optional<double> max_age_s;
    std::optional<std::int64_t> max_bytes;
    std::int64_t min_free_bytes = 0;  // nothing is kept while the disk has less free space
};

/// A directory of consecutive recordings, with a folder and an index for each day (UTC):
///     2024-02-29/20240229T235958.123Z.wav
///     2024-02-29/index.jsonl
/// A segment has a hidden name that ends with .part while it is being written. It gets its final name when it
/// is complete and synced to disk, and then its line in the index. After a crash, opening the archive repairs
/// it: parts become segments (a WAV gets its length; other formats end with their last whole block), files
/// without a line get one, and an incomplete line is removed.
/// The file .lock keeps a second process out, and holds the index line of the segment that is being written.
class Archive {
 public:
    using Say = std::function<void(const std::string&)>;

    /// @param say  receives warnings for people
    /// @throws Error if another process has it, WriteError if it cannot be written
    Archive(const ArchiveOptions& options, Say say);

    /// A segment that is being written.
    struct Part {
        std::string day, name;  // of the finished file, without its directory
        std::string path;       // of the unfinished one
        std::unique_ptr<SoundFile> file;
    };
    /// @param line  index line as far as it is known; recovery after a crash takes from it what the sound
    ///              itself cannot tell
    /// @throws NoSpace, WriteError
    Part begin(UtcTime start, audio::AudioFormat format, const nlohmann::ordered_json& line);
    /// Completes the segment and adds it to the index. @param line  index line without the key `file`
    void commit(Part part, nlohmann::ordered_json line);
    void discard(Part part);

    /// False while the disk has less free space than must be left.
    bool has_room();

    /// Deletes days older than max_age_s.
    void retain(UtcTime now);

    const std::string& directory() const { return options_.directory; }

 private:
    void open_directory();
    void recover();
    void note(const Part& part, const nlohmann::ordered_json& line);
    nlohmann::ordered_json read_note() const;
    void measure();
    void shrink();
    std::int64_t remove_day(const std::string& day);
    std::int64_t remove_oldest_of(const std::string& day, std::int64_t bytes);
    std::vector<std::string> days() const;
    DayIndex& index_of(const std::string& day);

    const ArchiveOptions options_;
    Say say_;
    Descriptor lock_;
    std::optional<DayIndex> index_;                  // of the day that is being written
    std::map<std::string, std::int64_t> day_bytes_;  // with max_bytes only
    std::string aged_on_;                            // day of the last check for old days
    bool short_of_room_ = false;
};

}  // namespace earshot::record
