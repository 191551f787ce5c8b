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

/// The frames of many recordings, which a training run reads window by window. Held in memory while all of
/// them together are small; the rest stays on disk, where stored arrays are read in place and compressed ones
/// from a temporary copy. Read, not mapped: so that neither address space nor resident memory grows with a
/// data set, and a file that somebody cuts short is an error rather than a signal. The system's page cache
/// keeps what is hot.
class FrameStore {
 public:
    static constexpr std::size_t kResidentBytes = std::size_t{256} << 20;

    /// @param resident_bytes  of frames that may be held in memory
    explicit FrameStore(std::size_t resident_bytes = kResidentBytes) : resident_bytes_(resident_bytes) {}
    ~FrameStore();
    FrameStore(const FrameStore&) = delete;
    FrameStore& operator=(const FrameStore&) = delete;

    /// A matrix from memory. @return its number
    std::size_t add(std::vector<float> frames);

    /// The array `samples` of a dataset file, read through once, which checks it.
    /// @param inspect  sees all of its values, in order
    std::size_t add(const npz::NpzReader& npz, const std::function<void(std::span<const float>)>& inspect);

    /// Values of a matrix from `first` on, row after row. Several threads may read.
    /// @throws Error if the file has been changed since it was added
    void read(std::size_t matrix, std::uint64_t first, std::span<float> to) const;

 private:
    struct Matrix {
        std::vector<float> values;  // if it is held in memory
        std::string path;           // if its file is read in place
        std::uint64_t offset = 0;   // of the first value there, or in the temporary file
        std::uint64_t file_bytes = 0;
        std::int64_t changed_ns = 0;  // the file's time of modification
    };
    int descriptor(std::size_t matrix) const;

    std::size_t resident_bytes_, resident_ = 0;
    std::vector<Matrix> matrices_;
    std::unique_ptr<TemporaryFile> spill_;
    mutable std::mutex mutex_;
    mutable std::deque<std::pair<std::size_t, int>> open_;  // matrices and their descriptors, oldest first
};

}  // namespace earshot::dataset
