#include "npz/zip_writer.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <concepts>
#include <limits>
#include <utility>

#include "npz/zip_format.h"
#include "support/error.h"

namespace earshot::npz {
namespace {

using namespace zip_format;

/// The low bits of frames are noise: the highest level saves 1 % more than this one and takes three times as
/// long.
constexpr int kLevel = 4;
constexpr std::size_t kDataAlignment = 64;

/// Appends little-endian fields.
class Fields {
 public:
    template <std::unsigned_integral T>
    Fields& add(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i) bytes_ += static_cast<char>(value >> 8 * i & 0xff);
        return *this;
    }
    Fields& add(std::string_view text) {
        bytes_ += text;
        return *this;
    }
    const std::string& bytes() const { return bytes_; }

 private:
    std::string bytes_;
};

std::uint16_t u16(std::size_t value) { return static_cast<std::uint16_t>(value); }

/// A 32-bit field; all ones if the real value is in the zip64 field.
std::uint32_t narrow(std::uint64_t value, bool zip64) {
    return zip64 ? std::numeric_limits<std::uint32_t>::max() : static_cast<std::uint32_t>(value);
}

/// An extra field that pads the local header so that the data are aligned.
std::string padding(std::uint64_t data_offset) {
    constexpr std::size_t kLeast = 6;  // id, length, alignment
    const std::size_t fill = (kDataAlignment - (data_offset + kLeast) % kDataAlignment) % kDataAlignment;
    return Fields()
        .add(kAlignmentField)
        .add(u16(2 + fill))
        .add(u16(kDataAlignment))
        .add(std::string(fill, '\0'))
        .bytes();
}

}  // namespace

struct ZipWriter::Deflate {
    z_stream stream{};
    std::array<unsigned char, 65536> block;

    Deflate() {
        // Negative window bits: raw deflate, as in ZIP.
        if (deflateInit2(&stream, kLevel, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~Deflate() { deflateEnd(&stream); }
    Deflate(const Deflate&) = delete;
    Deflate& operator=(const Deflate&) = delete;
};

ZipWriter::ZipWriter(Output& out, bool compress, std::uint64_t zip64_from)
    : out_(out), zip64_from_(zip64_from), deflate_(compress ? std::make_unique<Deflate>() : nullptr) {}

ZipWriter::~ZipWriter() = default;

void ZipWriter::put(std::string_view bytes) {
    out_.write(bytes);
    position_ += bytes.size();
}

void ZipWriter::begin(std::string name, std::uint64_t bytes) {
    const bool zip64 = bytes >= zip64_from_;
    std::string extra;
    // The real sizes follow the data. This field being here says that they have 64 bits.
    if (zip64)
        extra = Fields().add(kZip64Field).add(u16(16)).add(std::uint64_t{0}).add(std::uint64_t{0}).bytes();
    if (!deflate_) extra += padding(position_ + kLocalHeaderBytes + name.size() + extra.size());
    Fields header;
    header.add(kLocalHeader).add(zip64 ? kVersionZip64 : kVersionDeflate).add(kSizesFollow);
    header.add(deflate_ ? kDeflated : kStored).add(kTime).add(kDate).add(std::uint32_t{0});
    header.add(narrow(0, zip64)).add(narrow(0, zip64)).add(u16(name.size())).add(u16(extra.size()));
    header.add(name).add(extra);
    entries_.push_back(
        {std::move(name), position_, bytes, 0, static_cast<std::uint32_t>(crc32(0, nullptr, 0)), zip64});
    put(header.bytes());
    written_ = 0;
    if (deflate_) deflateReset(&deflate_->stream);
}

void ZipWriter::write(std::string_view bytes) {
    if (bytes.empty()) return;  // with a null pointer, crc32 starts over
    written_ += bytes.size();
    auto& entry = entries_.back();
    entry.crc = static_cast<std::uint32_t>(
        crc32_z(entry.crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
    if (deflate_) {
        deflate_into_output(bytes, false);
    } else {
        put(bytes);
        entry.compressed_bytes += bytes.size();
    }
}

void ZipWriter::deflate_into_output(std::string_view bytes, bool last) {
    auto& stream = deflate_->stream;
    do {
        const auto piece = bytes.substr(0, std::size_t{1} << 30);  // zlib counts in 32 bits
        bytes.remove_prefix(piece.size());
        stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
        stream.avail_in = static_cast<unsigned>(piece.size());
        do {
            stream.next_out = deflate_->block.data();
            stream.avail_out = static_cast<unsigned>(deflate_->block.size());
            deflate(&stream, last && bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
            const std::size_t made = deflate_->block.size() - stream.avail_out;
            put({reinterpret_cast<const char*>(deflate_->block.data()), made});
            entries_.back().compressed_bytes += made;
        } while (stream.avail_out == 0);
    } while (!bytes.empty());
}

void ZipWriter::end() {
    auto& entry = entries_.back();
    if (written_ != entry.bytes) {
        throw Error(fmt::format("internal error: {} announced {} bytes and got {}", entry.name, entry.bytes,
                                written_));
    }
    if (deflate_) deflate_into_output({}, true);
    Fields descriptor;
    descriptor.add(kDataDescriptor).add(entry.crc);
    if (entry.zip64) {
        descriptor.add(entry.compressed_bytes).add(entry.bytes);
    } else {
        descriptor.add(narrow(entry.compressed_bytes, false)).add(narrow(entry.bytes, false));
    }
    put(descriptor.bytes());
}

void ZipWriter::finish() {
    const std::uint64_t directory = position_;
    for (const auto& entry : entries_) {
        const bool zip64 = entry.zip64 || entry.offset >= zip64_from_;
        Fields extra;
        if (zip64) {
            extra.add(kZip64Field)
                .add(u16(24))
                .add(entry.bytes)
                .add(entry.compressed_bytes)
                .add(entry.offset);
        }
        Fields header;
        header.add(kCentralHeader)
            .add(kMadeByUnix)
            .add(zip64 ? kVersionZip64 : kVersionDeflate)
            .add(kSizesFollow);
        header.add(deflate_ ? kDeflated : kStored).add(kTime).add(kDate).add(entry.crc);
        header.add(narrow(entry.compressed_bytes, zip64)).add(narrow(entry.bytes, zip64));
        header.add(u16(entry.name.size())).add(u16(extra.bytes().size()));
        header.add(u16(0)).add(u16(0)).add(u16(0)).add(std::uint32_t{0100644} << 16);
        header.add(narrow(entry.offset, zip64)).add(entry.name).add(extra.bytes());
        put(header.bytes());
    }
    const std::uint64_t directory_bytes = position_ - directory;
    const std::uint64_t count = entries_.size();
    const bool zip64 = position_ >= zip64_from_ || count >= 0xffff;
    Fields tail;
    if (zip64) {
        tail.add(kZip64End).add(std::uint64_t{44}).add(kMadeByUnix).add(kVersionZip64);
        tail.add(std::uint32_t{0})
            .add(std::uint32_t{0})
            .add(count)
            .add(count)
            .add(directory_bytes)
            .add(directory);
        tail.add(kZip64Locator).add(std::uint32_t{0}).add(position_).add(std::uint32_t{1});
    }
    tail.add(kEnd).add(u16(0)).add(u16(0));
    tail.add(u16(zip64 ? 0xffff : count)).add(u16(zip64 ? 0xffff : count));
    tail.add(narrow(directory_bytes, zip64)).add(narrow(directory, zip64)).add(u16(0));
    put(tail.bytes());
}

}  // namespace earshot::npz
