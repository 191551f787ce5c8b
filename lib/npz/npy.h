#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace earshot::npz {

/// The element type of a .npy array. Python objects, structures, complex numbers and dates are rejected.
struct NpyType {
    enum class Kind { boolean, integer, natural, real, unicode, bytes };
    Kind kind = Kind::real;
    std::size_t item_bytes = 0;  // per element; for unicode 4 per character
    bool big_endian = false;
};

/// The header of a .npy array, versions 1 to 3:
/// numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NpyHeader {
    NpyType type;
    bool fortran_order = false;      // the first index varies fastest
    std::vector<std::size_t> shape;  // empty for a scalar
    std::size_t header_bytes = 0;    // before the first element
    std::size_t count = 0;           // elements
    std::size_t data_bytes = 0;      // count * item_bytes
};

/// The longest header that numpy accepts; a reader needs no more bytes than these.
constexpr std::size_t kMaxNpyHeaderBytes = 12 + 10000;

/// Parses a header, a Python literal, without evaluating anything.
/// @param start  the array's first bytes, all of them or at least kMaxNpyHeaderBytes
/// @param where  prefix for messages: "a.npz: array 'samples'"
/// @throws Error if the header is malformed or rejected, and for sizes beyond the address space
NpyHeader parse_npy_header(std::string_view start, const std::string& where);

/// A version 1.0 header for little-endian elements in C order, padded to a multiple of 64 bytes.
/// @param descr  as numpy writes it: "<f4"
std::string npy_header(std::string_view descr, const std::vector<std::size_t>& shape);

}  // namespace earshot::npz
