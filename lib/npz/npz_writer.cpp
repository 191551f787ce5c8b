#include <algorithm>
#include <bit>
#include <numeric>

#include "npz/half.h"
#include "npz/npz.h"
#include "support/utf8.h"

namespace earshot::npz {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie in memory");

template <class T>
constexpr std::string_view kDescr = "";
template <>
constexpr std::string_view kDescr<Half> = "<f2";
template <>
constexpr std::string_view kDescr<float> = "<f4";
template <>
constexpr std::string_view kDescr<double> = "<f8";
template <>
constexpr std::string_view kDescr<std::int64_t> = "<i8";
template <>
constexpr std::string_view kDescr<std::int8_t> = "|i1";

template <class T>
std::string_view as_bytes(std::span<const T> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

void NpzWriter::begin(const std::string& name, std::string_view descr, std::size_t item_bytes,
                      const std::vector<std::size_t>& shape) {
    const std::string header = npy_header(descr, shape);
    const auto bytes = std::accumulate(shape.begin(), shape.end(), item_bytes, std::multiplies());
    zip_.begin(name + ".npy", header.size() + bytes);
    zip_.write(header);
}

template <class T>
void NpzWriter::begin(const std::string& name, const std::vector<std::size_t>& shape) {
    begin(name, kDescr<T>, sizeof(T), shape);
}

template <class T>
void NpzWriter::add(const std::string& name, const std::vector<std::size_t>& shape,
                    std::span<const T> values) {
    begin<T>(name, shape);
    write(as_bytes(values));
    end();
}

template void NpzWriter::begin<Half>(const std::string&, const std::vector<std::size_t>&);
template void NpzWriter::begin<float>(const std::string&, const std::vector<std::size_t>&);
template void NpzWriter::begin<double>(const std::string&, const std::vector<std::size_t>&);
template void NpzWriter::begin<std::int64_t>(const std::string&, const std::vector<std::size_t>&);
template void NpzWriter::add(const std::string&, const std::vector<std::size_t>&, std::span<const Half>);
template void NpzWriter::add(const std::string&, const std::vector<std::size_t>&, std::span<const float>);
template void NpzWriter::add(const std::string&, const std::vector<std::size_t>&, std::span<const double>);
template void NpzWriter::add(const std::string&, const std::vector<std::size_t>&,
                             std::span<const std::int64_t>);
template void NpzWriter::add(const std::string&, const std::vector<std::size_t>&,
                             std::span<const std::int8_t>);

void NpzWriter::add_texts(const std::string& name, std::span<const std::string> texts) {
    add_unicode(name, texts, {texts.size()});
}

void NpzWriter::add_text(const std::string& name, const std::string& text) {
    add_unicode(name, {&text, 1}, {});
}

void NpzWriter::add_unicode(const std::string& name, std::span<const std::string> texts,
                            const std::vector<std::size_t>& shape) {
    std::vector<std::u32string> wide;
    std::size_t width = 1;  // numpy reads no text of width 0
    for (const auto& text : texts) width = std::max(width, wide.emplace_back(utf32_from_utf8(text)).size());
    begin(name, "<U" + std::to_string(width), 4 * width, shape);
    for (auto& text : wide) {
        text.resize(width, U'\0');
        write(as_bytes(std::span<const char32_t>(text)));
    }
    end();
}

}  // namespace earshot::npz
