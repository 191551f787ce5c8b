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
    std::int64_t min_free_bytes = 0;  // of the disk, below which nothing is kept
};

/// A directory of recordings that begin one after the other, in a folder for each day (UTC), with its index:
///     2024-02-29/20240229T235958.123Z.wav
///     2024-02-29/index.jsonl
/// A segment that is being written has a hidden name that ends with .part; it gets its own only when it is
/// complete and synced to disk, and its line in the index after that. Whatever the program or the machine was
/// stopped by, opening the archive again puts right what it left: parts become segments (WAV by stating their
/// length, the others end with their last whole block), files get the lines that they lack, half a line goes.
/// One process at a time.
class Archive {
 public:
    using Say = std::function<void(const std::string&)>;

    /// @param say  told what is unusual, for people
    /// @throws Error, WriteError: it cannot be written, another process has it
    Archive(const ArchiveOptions& options, Say say);

    /// A segment that is being written.
    struct Part {
        std::string day, name;  // of the file that it is to become: without directory
        std::string path;       // where it is
        std::unique_ptr<SoundFile> file;
    };
    /// @throws NoSpace, WriteError
    Part begin(UtcTime start, audio::AudioFormat format);
    /// Completes it and makes it known. @param line  of the index, but for the key `file`, which goes first
    void commit(Part part, nlohmann::ordered_json line);
    void discard(Part part);

    /// False while there is less room on the disk than is to be left free.
    bool has_room();

    /// Removes what is too old or too much. commit() calls it; so may a quiet minute.
    void retain(UtcTime now);

    const std::string& directory() const { return options_.directory; }

 private:
    void open_directory();
    void recover();
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
    std::string aged_on_;                            // the day on which the age was last looked at
    bool short_of_room_ = false;
};

}  // namespace earshot::record
