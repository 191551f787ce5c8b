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
    std::string_view data;    // in the memory map, as stored in the archive
    std::uint64_t bytes = 0;  // unpacked
    std::uint32_t crc = 0;
    bool deflated = false;
};

/// The directory of a ZIP archive with stored and deflated entries. Checked before anything is unpacked: all
/// offsets and sizes lie within the file, no two entries overlap or have the same name, and no size is more
/// than deflate can reach or kMaxExpansion allows.
class ZipReader {
 public:
    /// The most that an entry above kAlwaysAllowed may grow by when unpacked, so that a few kilobytes can't
    /// ask for all memory. Frames other than silence compress less than fivefold.
    static constexpr std::uint64_t kMaxExpansion = 200;
    static constexpr std::uint64_t kAlwaysAllowed = std::uint64_t{64} << 20;

    /// @param path  `-` is standard input
    /// @throws Error("a.npz: not a ZIP archive ...") and the like
    explicit ZipReader(const std::string& path);

    std::span<const ZipEntry> entries() const { return entries_; }
    /// Null if there is no such entry.
    const ZipEntry* find(std::string_view name) const;
    const std::string& name() const { return name_; }
    /// File offset of an entry's data; nothing if the archive came through a pipe.
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

/// Unpacks one entry from front to back.
class ZipEntryStream {
 public:
    /// @param where  prefix for messages
    ZipEntryStream(const ZipEntry& entry, std::string where);
    ~ZipEntryStream();
    ZipEntryStream(const ZipEntryStream&) = delete;
    ZipEntryStream& operator=(const ZipEntryStream&) = delete;

    /// Fills all of `to`. @throws Error if the data end early or are damaged
    void read(std::span<std::byte> to);
    /// Call after the last read. @throws Error if the checksum differs or data follow
    void finish();

 private:
    struct Inflate;
    std::string where_;
    const ZipEntry& entry_;
    std::unique_ptr<Inflate> inflate_;  // null for stored entries
    std::string_view rest_;             // of a stored entry
    std::string_view held_;             // of a stored entry: read, but its pages not released yet
    std::uint32_t crc_;
};

}  // namespace earshot::npz
