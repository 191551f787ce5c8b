#include "npz/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "support/error.h"
#include "unit/dataset/memory_file.h"

namespace earshot::npz {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

/// A version 1 .npy array of this header text and data.
std::string npy(const std::string& text, std::string_view data) {
    std::string array = "\x93NUMPY\x01";
    array += '\0';
    array += static_cast<char>(text.size() & 0xff);
    array += static_cast<char>(text.size() >> 8);
    return array + text + std::string(data);
}

std::string npy_of(const std::string& descr, const std::string& shape, std::string_view data,
                   const std::string& fortran = "False") {
    return npy("{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n",
               data);
}

template <class T>
std::string bytes_of(std::initializer_list<T> values, bool big_endian = false) {
    std::string bytes;
    for (const T value : values) {
        std::string item(reinterpret_cast<const char*>(&value), sizeof(T));
        if (big_endian) std::ranges::reverse(item);
        bytes += item;
    }
    return bytes;
}

class Npz : public testing::Test {
 protected:
    const std::string& path() const { return file_.path(); }

    void put(const std::string& array) const {
        StringOutput out;
        ZipWriter zip(out, false);
        zip.begin("a.npy", array.size());
        zip.write(array);
        zip.end();
        zip.finish();
        file_.set(out.text());
    }

    template <class T>
    std::vector<T> values_of(const std::string& array) const {
        put(array);
        return NpzReader(path()).values<T>("a");
    }

    void expect_refused(const std::string& array, const std::string& message) const {
        put(array);
        EXPECT_THAT([&] { NpzReader(path()).values<double>("a"); },
                    ThrowsMessage<Error>(AllOf(StartsWith(path() + ": array 'a'"), HasSubstr(message))))
            << array;
    }

    MemoryFile file_;
};

TEST_F(Npz, reads_every_number_type_in_either_byte_order) {
    const auto check = [&]<class S>(S, const std::string& type) {
        const std::initializer_list<S> values{S{0}, S{1}, S{100}, std::numeric_limits<S>::max(),
                                              std::numeric_limits<S>::lowest()};
        const std::vector<double> expected(values.begin(), values.end());
        for (const bool big : {false, true}) {
            const auto array = npy_of((big ? ">" : "<") + type, "(5,)", bytes_of(values, big));
            EXPECT_EQ(values_of<double>(array), expected) << type << big;
        }
    };
    check(std::int8_t{}, "i1");
    check(std::int16_t{}, "i2");
    check(std::int32_t{}, "i4");
    check(std::int64_t{}, "i8");
    check(std::uint8_t{}, "u1");
    check(std::uint16_t{}, "u2");
    check(std::uint32_t{}, "u4");
    check(std::uint64_t{}, "u8");
    check(float{}, "f4");
    check(double{}, "f8");
}

TEST_F(Npz, reads_half_precision) {
    // Bit patterns and values of IEEE 754-2019, table 3.5: one, largest, smallest normal and subnormal.
    const auto values = values_of<double>(npy_of(
        "<f2", "(7,)", bytes_of<std::uint16_t>({0x3c00, 0x7bff, 0x0400, 0x0001, 0xc000, 0x7c00, 0x7e00})));
    EXPECT_THAT(std::vector(values.begin(), values.end() - 1),
                ElementsAre(1, 65504, std::ldexp(1, -14), std::ldexp(1, -24), -2, INFINITY));
    EXPECT_TRUE(std::isnan(values.back()));
}

TEST_F(Npz, reads_booleans_as_numbers) {
    EXPECT_THAT(values_of<std::int64_t>(npy_of("|b1", "(3,)", bytes_of<char>({1, 0, 1}))),
                ElementsAre(1, 0, 1));
}

TEST_F(Npz, fortran_order_becomes_c_order) {
    // a[i][j][k] = 100 i + 10 j + k, first index fastest.
    std::vector<double> c_order;
    std::string data;
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 4; ++k) c_order.push_back(100 * i + 10 * j + k);
    for (int k = 0; k < 4; ++k)
        for (int j = 0; j < 3; ++j)
            for (int i = 0; i < 2; ++i) data += bytes_of<float>({static_cast<float>(100 * i + 10 * j + k)});
    EXPECT_EQ(values_of<double>(npy_of("<f4", "(2, 3, 4)", data, "True")), c_order);
    EXPECT_FALSE(NpzReader(path()).mapped<float>("a"));
}

TEST_F(Npz, fortran_order_without_elements_is_empty) {
    EXPECT_TRUE(values_of<float>(npy_of("<f4", "(2, 0, 4)", "", "True")).empty());
}

TEST_F(Npz, whole_numbers_are_not_made_of_real_ones_or_of_too_large_ones) {
    put(npy_of("<f8", "(1,)", bytes_of<double>({1.0})));
    EXPECT_THAT([&] { NpzReader(path()).values<std::int64_t>("a"); },
                ThrowsMessage<Error>(HasSubstr("holds real numbers, but whole numbers are expected")));
    put(npy_of("<u8", "(1,)", bytes_of<std::uint64_t>({std::uint64_t{1} << 63})));
    EXPECT_THAT([&] { NpzReader(path()).values<std::int64_t>("a"); },
                ThrowsMessage<Error>(HasSubstr("9223372036854775808 is too large")));
}

TEST_F(Npz, texts_come_back) {
    const std::vector<std::string> texts{"baby", "", "\xe2\x82\xac\xf0\x9f\x91\xb6", "a\tb"};
    StringOutput out;
    NpzWriter writer(out, true);
    writer.add_texts("names", texts);
    writer.add_text("one", texts[2]);
    writer.add_text("none", "");
    writer.finish();
    file_.set(out.text());
    const NpzReader reader(path());
    EXPECT_EQ(reader.texts("names"), texts);
    EXPECT_EQ(reader.text("one"), texts[2]);
    EXPECT_EQ(reader.text("none"), "");
    EXPECT_THAT(reader.array_names(), ElementsAre("names", "one", "none"));
    EXPECT_THAT([&] { reader.text("names"); }, ThrowsMessage<Error>(HasSubstr("expected one string")));
    EXPECT_THAT([&] { reader.values<float>("names"); }, ThrowsMessage<Error>(HasSubstr("holds strings")));
    EXPECT_THAT([&] { reader.texts("other"); }, ThrowsMessage<Error>(HasSubstr("array 'other' is missing")));
}

TEST_F(Npz, texts_of_either_byte_order_and_of_bytes_are_read) {
    put(npy_of(">U2", "(2,)", bytes_of<char32_t>({U'\u00e9', U'b', U'c', 0}, true)));
    EXPECT_THAT(NpzReader(path()).texts("a"), ElementsAre("\xc3\xa9"
                                                          "b",
                                                          "c"));
    put(npy_of("|S3", "(2,)", std::string_view("abcd\0\0", 6)));
    EXPECT_THAT(NpzReader(path()).texts("a"), ElementsAre("abc", "d"));
}

TEST_F(Npz, code_points_that_are_none_are_replaced) {
    put(npy_of("<U2", "(1,)",
               bytes_of<char32_t>({static_cast<char32_t>(0xD800), static_cast<char32_t>(0x7fffffff)})));
    EXPECT_EQ(NpzReader(path()).texts("a").front(), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_F(Npz, stored_arrays_are_mapped_where_they_lie_and_aligned) {
    const std::vector<float> floats{1, 2, 3, 4, 5};
    const std::vector<double> doubles{7, 8};
    for (const bool compress : {false, true}) {
        StringOutput out;
        NpzWriter writer(out, compress);
        writer.add_text("odd", "x");
        writer.add<float>("floats", {5}, floats);
        writer.add<double>("doubles", {1, 2}, doubles);
        writer.finish();
        file_.set(out.text());
        const NpzReader reader(path());
        const auto mapped = reader.mapped<float>("floats");
        ASSERT_EQ(mapped.has_value(), !compress);
        EXPECT_FALSE(reader.mapped<double>("floats"));
        if (compress) continue;
        EXPECT_THAT(*mapped, testing::ElementsAreArray(floats));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mapped->data()) % 64, 0u);
        EXPECT_THAT(*reader.mapped<double>("doubles"), testing::ElementsAreArray(doubles));
    }
}

TEST_F(Npz, versions_two_and_three_are_read) {
    for (const char version : {'\x02', '\x03'}) {
        const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n";
        std::string array = std::string("\x93NUMPY") + version;
        array += '\0';
        array += bytes_of<std::uint32_t>({static_cast<std::uint32_t>(text.size())});
        EXPECT_THAT(values_of<float>(array + text + bytes_of<float>({5})), ElementsAre(5));
    }
}

TEST_F(Npz, any_way_of_writing_the_header_that_means_the_same_is_read) {
    EXPECT_THAT(values_of<float>(npy("{\"shape\":(1 ,\t),'fortran_order':True,  'descr':\"<f4\"}   \n",
                                     bytes_of<float>({5}))),
                ElementsAre(5));
    EXPECT_THAT(values_of<float>(npy_of("<f4", "()", bytes_of<float>({5}))), ElementsAre(5));
}

TEST_F(Npz, hostile_headers_are_refused) {
    const std::string one = bytes_of<float>({1});
    expect_refused(npy_of("|O", "(1,)", one), "pickled Python objects, which are never loaded");
    expect_refused(npy_of("O", "(1,)", one), "pickled Python objects");
    expect_refused(npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", one),
                   "structured");
    expect_refused(npy_of("<c8", "(1,)", one), "'<c8' are not supported");
    expect_refused(npy_of("<M8[s]", "(1,)", one), "are not supported");
    expect_refused(npy_of("<f3", "(1,)", one), "'<f3' are not supported");
    expect_refused(npy_of("", "(1,)", one), "are unknown");
    expect_refused(npy_of("<", "(1,)", one), "are unknown");
    expect_refused(npy_of("<f", "(1,)", one), "are not supported");
    expect_refused(npy_of("<f-4", "(1,)", one), "are not supported");
    expect_refused(npy_of("<U99999999999999999999", "(1,)", one), "are not supported");
    expect_refused(npy_of("<U9999999999999999999", "(1,)", one), "are not supported");
    expect_refused(npy_of("<f4", "(2,)", one), "promises 8 bytes, but it has 4");
    expect_refused(npy_of("<f4", "(0,)", one), "promises 0 bytes, but it has 4");
    expect_refused(npy_of("<f4", "(1000000000000,)", one), "promises 4000000000000 bytes");
    expect_refused(npy_of("<f4", "(-1,)", one), "a dimension is negative");
    expect_refused(npy_of("<f4", "(99999999999999999999,)", one), "a dimension is too large");
    expect_refused(npy_of("<f4", "(4294967296, 4294967296)", one),
                   "shape (4294967296, 4294967296) overflows");
    expect_refused(npy_of("<f4", "(4611686018427387904,)", one), "overflows");
    expect_refused(npy_of("<f4", "(1)", one), "the shape is not a tuple");
    expect_refused(npy_of("<f4", "1", one), "'(' is missing");
    expect_refused(npy_of("<f4", "(1.5,)", one), "the shape is not a tuple");
    expect_refused(npy_of("<f4", "(1, 1.5)", one), "')' is missing");
    expect_refused(npy_of("<f4", "(1,,)", one), "a dimension is not a number");
    expect_refused(npy_of("<f4", "(__import__('os').system('true'),)", one), "a dimension is not a number");
    expect_refused(npy_of("<f4", "(1,)", one, "1"), "neither True nor False");
    expect_refused(npy("__import__('os').system('true')", one), "'{' is missing");
    expect_refused(npy("{'descr': '<f4', 'fortran_order': False}", one), "is missing");
    expect_refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + {}", one),
                   "something follows");
    expect_refused(npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", one),
                   "unexpected key");
    expect_refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", one),
                   "unexpected key 'x'");
    expect_refused(npy("{'descr': '<f4", one), "a quote is not closed");
    std::string many;
    for (int i = 0; i < 33; ++i) many += "1, ";
    expect_refused(npy_of("<f4", "(" + many + ")", one), "more than 32 dimensions");
    expect_refused(npy(std::string(60000, ' '), one), "header of 60000 bytes is too long");
    expect_refused("\x93NUMPY", "not a .npy array");
    expect_refused("PICKLE and more of it", "not a .npy array");
    expect_refused(std::string("\x93NUMPY\x09\x00\x10\x00", 10), "unknown .npy version 9.0");
    expect_refused(std::string("\x93NUMPY\x01\x00\x10\x00", 10), "ends inside its header");
    expect_refused(std::string("\x93NUMPY\x02\x00\x10\x00", 10), "ends inside its header");
}

TEST_F(Npz, texts_without_width_cannot_be_endlessly_many) {
    put(npy_of("<U0", "(1000000000000,)", ""));
    EXPECT_THAT([&] { NpzReader(path()).texts("a"); },
                ThrowsMessage<Error>(HasSubstr("holds empty strings")));
    put(npy_of("<U0", "(1,)", ""));
    EXPECT_THAT(NpzReader(path()).texts("a"), ElementsAre(""));
}

TEST_F(Npz, texts_of_two_dimensions_are_refused) {
    put(npy_of("<U1", "(1, 1)", bytes_of<char32_t>({U'x'})));
    EXPECT_THAT([&] { NpzReader(path()).texts("a"); }, ThrowsMessage<Error>(HasSubstr("has 2 dimensions")));
}

}  // namespace
}  // namespace earshot::npz
