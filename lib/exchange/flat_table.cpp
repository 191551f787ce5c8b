#include "exchange/flat_table.h"

#include <bit>
#include <cstring>

#include "support/error.h"

namespace earshot::exchange {

static_assert(std::endian::native == std::endian::little, "FlatBuffers are little-endian");

template <class Number>
Number FlatTable::read(std::size_t at) const {
    if (at > file_.size() || file_.size() - at < sizeof(Number))
        throw Error("damaged: it points outside of the file");
    Number number;
    std::memcpy(&number, file_.data() + at, sizeof(number));
    return number;
}

FlatTable FlatTable::root(std::string_view file) {
    const FlatTable start(file, 0);
    return {file, start.follow(0)};
}

std::size_t FlatTable::follow(std::size_t at) const { return at + read<std::uint32_t>(at); }

std::optional<std::size_t> FlatTable::place(std::size_t field) const {
    const auto back = read<std::int32_t>(at_);
    const auto table = static_cast<std::int64_t>(at_) - back;
    if (table < 0) throw Error("damaged: it points outside of the file");
    const auto fields = static_cast<std::size_t>(table);
    const std::size_t entry = 4 + 2 * field;
    if (entry + 2 > read<std::uint16_t>(fields)) return std::nullopt;
    const auto offset = read<std::uint16_t>(fields + entry);
    return offset == 0 ? std::nullopt : std::optional(at_ + offset);
}

std::uint8_t FlatTable::byte(std::size_t field, std::uint8_t usual) const {
    const auto at = place(field);
    return at ? read<std::uint8_t>(*at) : usual;
}

std::int32_t FlatTable::whole(std::size_t field, std::int32_t usual) const {
    const auto at = place(field);
    return at ? read<std::int32_t>(*at) : usual;
}

float FlatTable::number(std::size_t field, float usual) const {
    const auto at = place(field);
    return at ? read<float>(*at) : usual;
}

std::string FlatTable::text(std::size_t field) const { return std::string(elements(field, 1)); }

std::string_view FlatTable::bytes(std::size_t field) const { return elements(field, 1); }

std::optional<FlatTable> FlatTable::table(std::size_t field) const {
    const auto at = place(field);
    if (!at) return std::nullopt;
    return FlatTable(file_, follow(*at));
}

std::vector<FlatTable> FlatTable::tables(std::size_t field) const {
    const auto offsets = elements(field, 4);
    std::vector<FlatTable> all;
    const auto first = static_cast<std::size_t>(offsets.data() - file_.data());
    for (std::size_t i = 0; i < offsets.size(); i += 4) all.push_back({file_, follow(first + i)});
    return all;
}

std::string_view FlatTable::elements(std::size_t field, std::size_t bytes) const {
    const auto at = place(field);
    if (!at) return file_.substr(0, 0);
    const std::size_t start = follow(*at), count = read<std::uint32_t>(start);
    if (count > (file_.size() - start - 4) / bytes) throw Error("damaged: it points outside of the file");
    return file_.substr(start + 4, count * bytes);
}

template <class Number>
std::vector<Number> FlatTable::vector(std::size_t field) const {
    const auto from = elements(field, sizeof(Number));
    std::vector<Number> all(from.size() / sizeof(Number));
    if (!all.empty()) std::memcpy(all.data(), from.data(), from.size());
    return all;
}

std::vector<std::int32_t> FlatTable::wholes(std::size_t field) const { return vector<std::int32_t>(field); }
std::vector<std::int64_t> FlatTable::longs(std::size_t field) const { return vector<std::int64_t>(field); }
std::vector<float> FlatTable::numbers(std::size_t field) const { return vector<float>(field); }

}  // namespace earshot::exchange
