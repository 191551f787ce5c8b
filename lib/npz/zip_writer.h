#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/output.h"

namespace earshot::npz {

/// Writes a ZIP archive without seeking, so that it can go through a pipe: sizes and checksums follow each
/// entry's data and are repeated in the directory at the end (PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5).
/// The same input gives the same bytes: every entry has ZIP's first date, 1980-01-01. The data of an
/// uncompressed entry are aligned to 64 bytes, so that a reader can use them in a memory map.
class ZipWriter {
 public:
    /// @param out         not closed by this; close it after finish()
    /// @param zip64_from  entries of this size, and archives that reach it, get 64-bit sizes and offsets
    ZipWriter(Output& out, bool compress, std::uint64_t zip64_from = 0xF0000000);
    ~ZipWriter();

    /// @param bytes  total that write() will be called with
    void begin(std::string name, std::uint64_t bytes);
    void write(std::string_view bytes);
    void end();
    /// Writes the directory. Nothing can be added afterwards.
    void finish();

 private:
    struct Entry {
        std::string name;
        std::uint64_t offset, bytes, compressed_bytes;
        std::uint32_t crc;
        bool zip64;
    };
    struct Deflate;

    void put(std::string_view bytes);
    void deflate_into_output(std::string_view bytes, bool last);

    Output& out_;
    std::uint64_t zip64_from_;
    std::unique_ptr<Deflate> deflate_;  // null when entries are stored
    std::uint64_t position_ = 0;        // in the archive
    std::vector<Entry> entries_;
    std::uint64_t written_ = 0;  // of the current entry, before compression
};

}  // namespace earshot::npz
