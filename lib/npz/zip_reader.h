#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/error.h"
#include "support/mapped_file.h"

namespace earshot::npz {

struct ZipEntry {
    std::string name;
    std::string_view data;    // as it lies in the archive, in the memory map
    std::uint64_t bytes = 0;  // unpacked
    std::uint32_t crc = 0;
    bool deflated = false;
};

/// The directory of a ZIP archive, stored or deflated entries only, checked before anything is unpacked:
/// every place and size lies within the file, no two entries overlap or bear one name, and no size is more
/// than deflate can reach or than kMaxExpansion allows.
class ZipReader {
 public:
    /// What an entry may grow by when unpacked if that is more than kAlwaysAllowed: a few kilobytes must not
    /// ask for all memory. Frames that are not silence compress less than fivefold.
    static constexpr std::uint64_t kMaxExpansion = 200;
    static constexpr std::uint64_t kAlwaysAllowed = std::uint64_t{64} << 20;

    /// @param path  `-` is standard input
    /// @throws Error("a.npz: not a ZIP archive ...") and the like
    explicit ZipReader(const std::string& path);

    std::span<const ZipEntry> entries() const { return entries_; }
    /// Null if there is none.
    const ZipEntry* find(std::string_view name) const;
    const std::string& name() const { return name_; }
    /// Where an entry's data begin in the file; nothing if it came down a pipe, which has no places.
    std::optional<std::uint64_t> offset(const ZipEntry& entry) const;

 private:
    struct Directory {
        std::uint64_t offset, bytes, count;
    };
    Directory locate_directory() const;
    Error damaged(std::string_view what) const;
    void read_directory(const Directory& directory);
    ZipEntry take_entry(std::string_view& rest, std::uint64_t directory) const;
    std::string_view locate_data(const std::string& name, std::uint64_t local_header, std::uint64_t bytes,
                                 std::uint64_t directory) const;
    void check_overlaps() const;

    std::string name_;
    MappedFile file_;
    std::vector<ZipEntry> entries_;
};

/// Unpacks one entry front to back.
class ZipEntryStream {
 public:
    /// @param where  in front of messages
    ZipEntryStream(const ZipEntry& entry, std::string where);
    ~ZipEntryStream();
    ZipEntryStream(const ZipEntryStream&) = delete;
    ZipEntryStream& operator=(const ZipEntryStream&) = delete;

    /// Fills all of `to`. @throws Error if the data end before that or are damaged
    void read(std::span<std::byte> to);
    /// Everything has been read. @throws Error if the checksum says otherwise or something follows
    void finish();

 private:
    struct Inflate;
    std::string where_;
    const ZipEntry& entry_;
    std::unique_ptr<Inflate> inflate_;  // null for stored entries
    std::string_view rest_;             // of a stored entry
    std::string_view held_;             // of a stored entry, what has been read and is not released
    std::uint32_t crc_;
};

}  // namespace earshot::npz
