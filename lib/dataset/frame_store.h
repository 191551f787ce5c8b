#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "npz/npz.h"
#include "support/temporary_file.h"

namespace earshot::dataset {

/// The frames of many recordings, read window by window in training. Frames stay in memory up to a limit. The
/// rest stays on disk: stored arrays are read in place, compressed ones from a temporary copy. Files are
/// read, not mapped, so that neither address space nor resident memory grows with the data set, and a file
/// truncated meanwhile gives an error instead of SIGBUS. The page cache keeps what is used often.
class FrameStore {
 public:
    static constexpr std::size_t kResidentBytes = std::size_t{256} << 20;

    /// @param resident_bytes  limit for frames held in memory
    explicit FrameStore(std::size_t resident_bytes = kResidentBytes) : resident_bytes_(resident_bytes) {}
    ~FrameStore();
    FrameStore(const FrameStore&) = delete;
    FrameStore& operator=(const FrameStore&) = delete;

    /// Adds a matrix from memory. @return its number
    std::size_t add(std::vector<float> frames);

    /// Adds the array `samples` of a dataset file. Reads it through once to check it.
    /// @param inspect  called with all its values, in order
    std::size_t add(const npz::NpzReader& npz, const std::function<void(std::span<const float>)>& inspect);

    /// Reads values of a matrix from `first` on, in row-major order. Thread-safe.
    /// @throws Error if the file has changed since it was added
    void read(std::size_t matrix, std::uint64_t first, std::span<float> to) const;

 private:
    struct Matrix {
        std::vector<float> values;  // if it is held in memory
        std::string path;           // if its file is read in place
        std::uint64_t offset = 0;   // of the first value in that file or the temporary one
        std::uint64_t file_bytes = 0;
        std::int64_t changed_ns = 0;  // the file's modification time
    };
    int descriptor(std::size_t matrix) const;

    std::size_t resident_bytes_, resident_ = 0;
    std::vector<Matrix> matrices_;
    std::unique_ptr<TemporaryFile> spill_;
    mutable std::mutex mutex_;
    mutable std::deque<std::pair<std::size_t, int>> open_;  // matrices and their descriptors, oldest first
};

}  // namespace earshot::dataset
