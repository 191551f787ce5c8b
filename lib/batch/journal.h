#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>

namespace earshot::batch {

/// Size and modification time, which tell whether a file has changed since it was read. Zeros for anything
/// but a file, such as a URL.
struct FileStamp {
    std::int64_t bytes = 0, changed_ns = 0;
    bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::string& path);

/// The finished results of a batch, on disk, so that a killed run can resume: a file of JSON lines, the first
/// of which holds all settings that results depend on. A line truncated by a crash is ignored. Results stay
/// on disk; only their places are in memory. add() may be called from any thread.
class Journal {
 public:
    using Json = nlohmann::ordered_json;

    /// Reads the journal that a run with the same settings left behind; one of other settings is overwritten.
    /// No file is made before the first add().
    /// @param settings  everything that results depend on besides the inputs
    /// @throws Error if another process is using this journal
    /// @throws WriteError if it cannot be read or written
    Journal(std::string path, const Json& settings);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// The result of an input; nothing if it has none, or if the input has changed since.
    std::optional<Json> find(const std::string& input) const;

    /// Notes the result of an input. It survives the death of the process at once, and that of the machine
    /// after the next sync, which is at most 16 results or one second away.
    /// @param stamp  of the input before it was read
    void add(const std::string& input, const FileStamp& stamp, const Json& result);

    /// The output is complete: the journal is no longer needed.
    void remove();

 private:
    struct Line {
        std::int64_t offset = 0;
        std::size_t bytes = 0;
    };
    void lock();
    void open_new();
    void read();
    void append(const std::string& line);
    void sync();

    std::string path_, settings_;
    int descriptor_ = -1;
    std::unordered_map<std::size_t, Line> lines_;  // by hash of the input
    std::mutex mutex_;                             // of what follows
    std::size_t unsynced_ = 0;                     // results
    std::int64_t synced_ms_ = 0;
};

}  // namespace earshot::batch
