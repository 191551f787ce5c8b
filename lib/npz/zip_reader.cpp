#include "npz/zip_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <limits>
#include <unordered_set>
#include <utility>

#include "npz/zip_format.h"
#include "support/error.h"

namespace earshot::npz {
namespace {

using namespace zip_format;

/// Deflate's best case, RFC 1951: 258 bytes from two bits, plus the block's header.
constexpr std::uint64_t kDeflateLimit = 1032;
constexpr std::uint64_t kMaxEntries = 1 << 16;

template <std::unsigned_integral T>
T field(std::string_view record, std::size_t at) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>(
            value | static_cast<T>(static_cast<T>(static_cast<unsigned char>(record[at + i])) << 8 * i));
    }
    return value;
}

/// Replaces the numbers that are all ones by those of the zip64 extra field, in order.
bool widen(std::string_view extra, std::initializer_list<std::uint64_t*> numbers) {
    std::string_view wide;
    while (extra.size() >= 4) {
        const std::size_t length = field<std::uint16_t>(extra, 2);
        if (extra.size() < 4 + length) return false;
        if (field<std::uint16_t>(extra, 0) == kZip64Field) wide = extra.substr(4, length);
        extra.remove_prefix(4 + length);
    }
    for (auto* number : numbers) {
        if (*number != std::numeric_limits<std::uint32_t>::max()) continue;
        if (wide.size() < 8) return false;
        *number = field<std::uint64_t>(wide, 0);
        wide.remove_prefix(8);
    }
    return true;
}

}  // namespace

ZipReader::ZipReader(const std::string& path) : name_(path == "-" ? "standard input" : path), file_(path) {
    read_directory(locate_directory());
    check_overlaps();
}

const ZipEntry* ZipReader::find(std::string_view name) const {
    const auto found = std::ranges::find(entries_, name, &ZipEntry::name);
    return found == entries_.end() ? nullptr : &*found;
}

Error ZipReader::damaged(std::string_view what) const {
    return Error(fmt::format("{}: damaged: {}", name_, what));
}

ZipReader::Directory ZipReader::locate_directory() const {
    const auto bytes = file_.bytes();
    if (bytes.empty()) throw Error(fmt::format("{}: is empty", name_));
    // A comment of up to 65535 bytes follows the end record, which holds its length.
    std::size_t end = std::string_view::npos;
    const std::size_t reach = std::min<std::size_t>(bytes.size(), kEndBytes + 65535);
    for (std::size_t back = kEndBytes; back <= reach; ++back) {
        const auto record = bytes.substr(bytes.size() - back);
        if (field<std::uint32_t>(record, 0) == kEnd && field<std::uint16_t>(record, 20) + kEndBytes == back) {
            end = bytes.size() - back;
            break;
        }
    }
    if (end == std::string_view::npos) {
        const bool begun = bytes.size() >= 4 && field<std::uint32_t>(bytes, 0) == kLocalHeader;
        throw Error(fmt::format("{}: {}", name_,
                                begun ? "truncated: the archive's directory is missing"
                                      : "not an NPZ (a ZIP archive of arrays)"));
    }
    const auto record = bytes.substr(end);
    Directory directory{field<std::uint32_t>(record, 16), field<std::uint32_t>(record, 12),
                        field<std::uint16_t>(record, 10)};
    if (field<std::uint16_t>(record, 4) != 0 || field<std::uint16_t>(record, 6) != 0) {
        throw Error(fmt::format("{}: is one part of a split archive", name_));
    }
    if (end >= kZip64LocatorBytes + kZip64EndBytes) {
        const auto locator = bytes.substr(end - kZip64LocatorBytes);
        if (field<std::uint32_t>(locator, 0) == kZip64Locator) {
            const auto at = field<std::uint64_t>(locator, 8);
            if (at > end - kZip64LocatorBytes - kZip64EndBytes ||
                field<std::uint32_t>(bytes, at) != kZip64End) {
                throw Error(fmt::format(
                    "{}: damaged: the archive's 64-bit directory is not where it should be", name_));
            }
            const auto wide = bytes.substr(at);
            directory = {field<std::uint64_t>(wide, 48), field<std::uint64_t>(wide, 40),
                         field<std::uint64_t>(wide, 32)};
            end = at;
        }
    }
    if (directory.bytes > end || directory.offset > end - directory.bytes) {
        throw damaged("the archive's directory lies outside the file");
    }
    return directory;
}

void ZipReader::read_directory(const Directory& directory) {
    if (directory.count > kMaxEntries || directory.count * kCentralHeaderBytes > directory.bytes) {
        throw damaged(fmt::format("the directory cannot hold {} entries", directory.count));
    }
    auto rest = file_.bytes().substr(directory.offset, directory.bytes);
    std::unordered_set<std::string> names;
    for (std::uint64_t i = 0; i < directory.count; ++i) {
        entries_.push_back(take_entry(rest, directory.offset));
        const auto& name = entries_.back().name;
        if (!names.insert(name).second) throw Error(fmt::format("{}: entry '{}' occurs twice", name_, name));
    }
    if (!rest.empty()) throw damaged("the directory is longer than its entries");
}

/// The next entry of the directory.
ZipEntry ZipReader::take_entry(std::string_view& rest, std::uint64_t directory) const {
    if (rest.size() < kCentralHeaderBytes || field<std::uint32_t>(rest, 0) != kCentralHeader) {
        throw damaged("the directory has something else where an entry should be");
    }
    const std::size_t name_bytes = field<std::uint16_t>(rest, 28);
    const std::size_t extra_bytes = field<std::uint16_t>(rest, 30);
    const std::size_t size = kCentralHeaderBytes + name_bytes + extra_bytes + field<std::uint16_t>(rest, 32);
    if (rest.size() < size) throw damaged("the directory ends inside an entry");

    ZipEntry entry;
    entry.name = rest.substr(kCentralHeaderBytes, name_bytes);
    const auto where = fmt::format("entry '{}'", entry.name);
    const auto method = field<std::uint16_t>(rest, 10);
    if (field<std::uint16_t>(rest, 8) & kEncrypted)
        throw Error(fmt::format("{}: {} is encrypted", name_, where));
    if (method != kStored && method != kDeflated) {
        throw Error(
            fmt::format("{}: {} is compressed by method {} (only stored and deflated entries can be read)",
                        name_, where, method));
    }
    entry.deflated = method == kDeflated;
    entry.crc = field<std::uint32_t>(rest, 16);
    entry.bytes = field<std::uint32_t>(rest, 24);
    std::uint64_t packed = field<std::uint32_t>(rest, 20), offset = field<std::uint32_t>(rest, 42);
    const auto extra = rest.substr(kCentralHeaderBytes + name_bytes, extra_bytes);
    if (!widen(extra, {&entry.bytes, &packed, &offset})) {
        throw damaged(fmt::format("{}: its sizes are missing", where));
    }
    entry.data = locate_data(entry.name, offset, packed, directory);
    if (entry.deflated ? entry.bytes / kDeflateLimit > packed : entry.bytes != packed) {
        throw damaged(fmt::format("{}: {} bytes can't be unpacked from {}", where, entry.bytes, packed));
    }
    if (entry.bytes > kAlwaysAllowed && entry.bytes / kMaxExpansion > packed) {
        throw Error(fmt::format("{}: {} expands from {} bytes to {}, more than real frames can", name_, where,
                                packed, entry.bytes));
    }
    rest.remove_prefix(size);
    return entry;
}

std::string_view ZipReader::locate_data(const std::string& name, std::uint64_t local_header,
                                        std::uint64_t bytes, std::uint64_t directory) const {
    const auto outside = [&] { return damaged(fmt::format("entry '{}' lies outside the file", name)); };
    if (directory < kLocalHeaderBytes || local_header > directory - kLocalHeaderBytes) throw outside();
    const auto record = file_.bytes().substr(local_header, directory - local_header);
    const std::size_t name_bytes = field<std::uint16_t>(record, 26);
    // Sizes may be missing here, so the directory's count; but the name must match.
    if (field<std::uint32_t>(record, 0) != kLocalHeader ||
        record.substr(kLocalHeaderBytes, name_bytes) != name) {
        throw damaged(fmt::format("entry '{}' does not begin where the directory says", name));
    }
    const std::uint64_t begin = kLocalHeaderBytes + name_bytes + field<std::uint16_t>(record, 28);
    if (begin > record.size() || bytes > record.size() - begin) throw outside();
    return record.substr(begin, bytes);
}

void ZipReader::check_overlaps() const {
    // Entries that share data make small archives unpack to endless ones.
    std::vector<std::string_view> places;
    for (const auto& entry : entries_) places.push_back(entry.data);
    std::ranges::sort(places, {}, [](std::string_view place) { return place.data(); });
    for (std::size_t i = 1; i < places.size(); ++i) {
        if (places[i - 1].data() + places[i - 1].size() > places[i].data()) {
            throw damaged("two entries share the same bytes");
        }
    }
}

std::optional<std::uint64_t> ZipReader::offset(const ZipEntry& entry) const {
    if (!file_.is_regular()) return {};
    return static_cast<std::uint64_t>(entry.data.data() - file_.bytes().data());
}

/// How much of a stored entry is read before its pages are released.
constexpr std::size_t kReleaseBytes = std::size_t{8} << 20;

struct ZipEntryStream::Inflate {
    z_stream stream{};
    std::string_view rest;  // not passed to zlib yet, which counts in 32 bits

    explicit Inflate(std::string_view data) : rest(data) {
        if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    }
    ~Inflate() { inflateEnd(&stream); }
    Inflate(const Inflate&) = delete;
    Inflate& operator=(const Inflate&) = delete;

    /// Unpacks up to `bytes`. @return false if the data are damaged
    bool run(std::byte* to, std::size_t bytes, std::size_t& made) {
        made = 0;
        while (made < bytes) {
            if (stream.avail_in == 0) {
                const auto piece = rest.substr(0, std::size_t{1} << 30);
                rest.remove_prefix(piece.size());
                stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
                stream.avail_in = static_cast<unsigned>(piece.size());
            }
            const std::size_t room = std::min(bytes - made, std::size_t{1} << 30);
            stream.next_out = reinterpret_cast<unsigned char*>(to + made);
            stream.avail_out = static_cast<unsigned>(room);
            const int status = inflate(&stream, Z_NO_FLUSH);
            made += room - stream.avail_out;
            if (status == Z_STREAM_END) return true;
            if (status != Z_OK && status != Z_BUF_ERROR) return false;
            if (stream.avail_in == 0 && rest.empty() && stream.avail_out > 0) return true;  // truncated
        }
        return true;
    }
};

ZipEntryStream::ZipEntryStream(const ZipEntry& entry, std::string where)
    : where_(std::move(where)),
      entry_(entry),
      inflate_(entry.deflated ? std::make_unique<Inflate>(entry.data) : nullptr),
      rest_(entry.data),
      held_(entry.data.data(), 0),
      crc_(static_cast<std::uint32_t>(crc32(0, nullptr, 0))) {}

ZipEntryStream::~ZipEntryStream() = default;

void ZipEntryStream::read(std::span<std::byte> to) {
    if (to.empty()) return;  // with a null pointer, crc32 starts over
    std::size_t made = 0;
    if (inflate_) {
        if (!inflate_->run(to.data(), to.size(), made)) throw Error(fmt::format("{}: damaged data", where_));
    } else {
        made = std::min(to.size(), rest_.size());
        std::memcpy(to.data(), rest_.data(), made);
        rest_.remove_prefix(made);
        held_ = {held_.data(), held_.size() + made};
        if (held_.size() >= kReleaseBytes) release_pages(std::exchange(held_, {rest_.data(), 0}));
    }
    if (made < to.size()) throw Error(fmt::format("{}: its data ends too early", where_));
    crc_ = static_cast<std::uint32_t>(
        crc32_z(crc_, reinterpret_cast<const unsigned char*>(to.data()), to.size()));
}

void ZipEntryStream::finish() {
    std::byte more{};
    std::size_t made = 0;
    if (inflate_ && !inflate_->run(&more, 1, made)) throw Error(fmt::format("{}: damaged data", where_));
    if (made > 0 || (!inflate_ && !rest_.empty()))
        throw Error(fmt::format("{}: more data than the header says", where_));
    if (crc_ != entry_.crc) throw Error(fmt::format("{}: damaged data (the checksum differs)", where_));
}

}  // namespace earshot::npz
