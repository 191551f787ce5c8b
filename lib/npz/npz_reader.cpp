#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "npz/half.h"
#include "npz/npz.h"
#include "support/error.h"
#include "support/utf8.h"

namespace earshot::npz {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 16;  // of elements to convert at a time

template <class S>
S load(const std::byte* from, bool swapped) {
    std::array<std::byte, sizeof(S)> bytes;
    std::memcpy(bytes.data(), from, sizeof(S));
    if (swapped) std::ranges::reverse(bytes);
    return std::bit_cast<S>(bytes);
}

bool swapped(const NpyType& type) { return type.big_endian != (std::endian::native == std::endian::big); }

/// Calls visit(S{}) with the element type S of a numeric array.
template <class Visit>
void visit_type(const NpyType& type, Visit&& visit) {
    using Kind = NpyType::Kind;
    const auto size = type.item_bytes;
    if (type.kind == Kind::real)
        return size == 2 ? visit(Half{}) : size == 4 ? visit(float{}) : visit(double{});
    if (type.kind == Kind::integer) {
        return size == 1   ? visit(std::int8_t{})
               : size == 2 ? visit(std::int16_t{})
               : size == 4 ? visit(std::int32_t{})
                           : visit(std::int64_t{});
    }
    return size == 1   ? visit(std::uint8_t{})
           : size == 2 ? visit(std::uint16_t{})
           : size == 4 ? visit(std::uint32_t{})
                       : visit(std::uint64_t{});
}

template <class T>
bool is_native(const NpyType& type) {
    const auto kind = std::is_integral_v<T> ? NpyType::Kind::integer : NpyType::Kind::real;
    return type.kind == kind && type.item_bytes == sizeof(T) && !swapped(type);
}

bool one_dimensional(const NpyHeader& header) {
    return std::ranges::count_if(header.shape, [](std::size_t extent) { return extent != 1; }) <= 1;
}

/// For each element in C order, its index in Fortran order.
template <class T>
std::vector<T> from_fortran_order(std::vector<T> values, const std::vector<std::size_t>& shape) {
    std::vector<T> ordered;
    ordered.reserve(values.size());
    std::vector<std::size_t> index(shape.size(), 0), stride(shape.size(), 1);
    for (std::size_t d = 1; d < shape.size(); ++d) stride[d] = stride[d - 1] * shape[d - 1];
    std::size_t place = 0;
    while (ordered.size() < values.size()) {
        ordered.push_back(values[place]);
        for (std::size_t d = shape.size(); d-- > 0;) {
            place += stride[d];
            if (++index[d] < shape[d]) break;
            place -= stride[d] * shape[d];
            index[d] = 0;
        }
    }
    return ordered;
}

void skip_header(ZipEntryStream& stream, const NpyHeader& header) {
    std::vector<std::byte> skipped(header.header_bytes);
    stream.read(skipped);
}

}  // namespace

std::string NpzReader::where(std::string_view array) const {
    return fmt::format("{}: array '{}'", name(), array);
}

std::vector<std::string> NpzReader::array_names() const {
    std::vector<std::string> names;
    for (const auto& entry : zip_.entries()) {
        if (entry.name.ends_with(".npy")) names.push_back(entry.name.substr(0, entry.name.size() - 4));
    }
    return names;
}

bool NpzReader::contains(std::string_view array) const {
    return zip_.find(std::string(array) + ".npy") != nullptr;
}

const ZipEntry& NpzReader::entry(std::string_view array) const {
    const auto* found = zip_.find(std::string(array) + ".npy");
    if (!found) throw Error(fmt::format("{}: array '{}' is missing", name(), array));
    return *found;
}

NpyHeader NpzReader::header(std::string_view array) const {
    const auto& packed = entry(array);
    std::vector<std::byte> start(std::min<std::uint64_t>(packed.bytes, kMaxNpyHeaderBytes));
    ZipEntryStream(packed, where(array)).read(start);
    auto header = parse_npy_header({reinterpret_cast<const char*>(start.data()), start.size()}, where(array));
    const std::uint64_t bytes = packed.bytes - header.header_bytes;
    if (header.data_bytes != bytes) {
        throw Error(fmt::format("{}: its header promises {} bytes, but it has {}", where(array),
                                header.data_bytes, bytes));
    }
    return header;
}

/// The elements in file order, one block at a time.
template <class T>
void NpzReader::stream(std::string_view array, const NpyHeader& header,
                       const std::function<void(std::span<const T>)>& sink) const {
    using Kind = NpyType::Kind;
    const auto kind = header.type.kind;
    const auto refuse = [&](std::string_view what, std::string_view wanted) {
        return Error(fmt::format("{}: holds {}, but {} are expected", where(array), what, wanted));
    };
    if (kind == Kind::unicode || kind == Kind::bytes) throw refuse("strings", "numbers");
    if (std::is_integral_v<T> && kind == Kind::real) throw refuse("real numbers", "whole numbers");

    ZipEntryStream stream(entry(array), where(array));
    skip_header(stream, header);
    const std::size_t size = header.type.item_bytes;
    const bool swap = swapped(header.type), native = is_native<T>(header.type);
    std::vector<T> values(std::min(kBlockBytes / std::max(size, sizeof(T)), header.count));
    std::vector<std::byte> bytes(native ? 0 : values.size() * size);
    for (std::size_t done = 0; done < header.count;) {
        const auto block = std::span(values).first(std::min(values.size(), header.count - done));
        if (native) {
            stream.read(std::as_writable_bytes(block));
        } else {
            stream.read(std::span(bytes).first(block.size() * size));
            visit_type(header.type, [&]<class S>(S) {
                for (std::size_t i = 0; i < block.size(); ++i) {
                    const S value = load<S>(bytes.data() + i * size, swap);
                    if constexpr (std::is_same_v<S, std::uint64_t> && std::is_integral_v<T>) {
                        if (value > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) {
                            throw Error(fmt::format("{}: {} is too large", where(array), value));
                        }
                    }
                    if constexpr (std::is_same_v<S, Half>) {
                        block[i] = static_cast<T>(static_cast<double>(value));
                    } else {
                        block[i] = static_cast<T>(value);
                    }
                }
            });
        }
        done += block.size();
        sink(block);
    }
    stream.finish();
}

template <class T>
void NpzReader::stream(std::string_view array, const std::function<void(std::span<const T>)>& sink) const {
    const auto header = this->header(array);
    if (header.fortran_order && !one_dimensional(header)) {
        throw Error(fmt::format("{}: is in Fortran order (write it in C order)", where(array)));
    }
    stream(array, header, sink);
}

template <class T>
std::vector<T> NpzReader::values(std::string_view array) const {
    const auto header = this->header(array);
    std::vector<T> values;
    values.reserve(header.count);
    stream<T>(array, header,
              [&](std::span<const T> block) { values.insert(values.end(), block.begin(), block.end()); });
    if (header.fortran_order && !one_dimensional(header))
        return from_fortran_order(std::move(values), header.shape);
    return values;
}

template <class T>
std::optional<std::span<const T>> NpzReader::mapped(std::string_view array) const {
    const auto header = this->header(array);
    const auto& packed = entry(array);
    if (packed.deflated || !is_native<T>(header.type)) return {};
    if (header.fortran_order && !one_dimensional(header)) return {};
    const char* data = packed.data.data() + header.header_bytes;
    if (reinterpret_cast<std::uintptr_t>(data) % alignof(T) != 0) return {};
    // The checksum covers the whole entry. Reading it through still costs less than decoding.
    ZipEntryStream stream(packed, where(array));
    std::vector<std::byte> block(kBlockBytes);
    for (std::uint64_t left = packed.bytes; left > 0;) {
        const auto piece = std::span(block).first(std::min<std::uint64_t>(left, block.size()));
        stream.read(piece);
        left -= piece.size();
    }
    stream.finish();
    return std::span(reinterpret_cast<const T*>(data), header.count);
}

template <class T>
std::optional<std::uint64_t> NpzReader::offset(std::string_view array) const {
    const auto header = this->header(array);
    const auto& packed = entry(array);
    if (packed.deflated || !is_native<T>(header.type)) return {};
    if (header.fortran_order && !one_dimensional(header)) return {};
    const auto begin = zip_.offset(packed);
    return begin ? std::optional(*begin + header.header_bytes) : std::nullopt;
}

template std::vector<float> NpzReader::values(std::string_view) const;
template std::vector<double> NpzReader::values(std::string_view) const;
template std::vector<std::int64_t> NpzReader::values(std::string_view) const;
template void NpzReader::stream(std::string_view, const std::function<void(std::span<const float>)>&) const;
template void NpzReader::stream(std::string_view, const std::function<void(std::span<const double>)>&) const;
template void NpzReader::stream(std::string_view,
                                const std::function<void(std::span<const std::int64_t>)>&) const;
template std::optional<std::uint64_t> NpzReader::offset<float>(std::string_view) const;
template std::optional<std::span<const float>> NpzReader::mapped(std::string_view) const;
template std::optional<std::span<const double>> NpzReader::mapped(std::string_view) const;
template std::optional<std::span<const std::int64_t>> NpzReader::mapped(std::string_view) const;

std::vector<std::string> NpzReader::texts(std::string_view array) const {
    const auto header = this->header(array);
    const bool wide = header.type.kind == NpyType::Kind::unicode;
    if (!wide && header.type.kind != NpyType::Kind::bytes) {
        throw Error(fmt::format("{}: holds numbers, but strings are expected", where(array)));
    }
    if (header.shape.size() > 1) {
        throw Error(fmt::format("{}: has {} dimensions, expected one", where(array), header.shape.size()));
    }
    // Strings of width 0 take no bytes, so only this check bounds their number.
    if (header.type.item_bytes == 0 && header.count > 1)
        throw Error(fmt::format("{}: holds empty strings", where(array)));
    std::vector<std::byte> item(header.type.item_bytes);
    std::vector<std::string> texts;
    ZipEntryStream stream(entry(array), where(array));
    skip_header(stream, header);
    for (std::size_t i = 0; i < header.count; ++i) {
        stream.read(item);
        std::u32string points;
        for (std::size_t at = 0; at < item.size(); at += wide ? 4 : 1) {
            points += wide ? load<char32_t>(item.data() + at, swapped(header.type))
                           : std::to_integer<char32_t>(item[at]);
        }
        points.erase(points.find_last_not_of(U'\0') + 1);  // numpy pads with zeros
        texts.push_back(utf8_from_utf32(points));
    }
    stream.finish();
    return texts;
}

std::string NpzReader::text(std::string_view array) const {
    if (!header(array).shape.empty()) throw Error(fmt::format("{}: expected one string", where(array)));
    return texts(array).front();
}

}  // namespace earshot::npz
