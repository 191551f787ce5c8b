#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "npz/npy.h"
#include "npz/zip_reader.h"
#include "npz/zip_writer.h"

namespace earshot::npz {

/// Writes named arrays like numpy.savez, without seeking. numpy.load(allow_pickle=False) reads them.
/// The same arrays in the same order give the same bytes. T is float, Half, double,
/// std::int64_t or std::int8_t.
class NpzWriter {
 public:
    /// @param out  not closed by this; close it after finish()
    NpzWriter(Output& out, bool compress) : zip_(out, compress) {}

    /// @param shape  its product is values.size(); {} for a scalar
    template <class T>
    void add(const std::string& name, const std::vector<std::size_t>& shape, std::span<const T> values);
    /// A one-dimensional array of strings, `<U`.
    void add_texts(const std::string& name, std::span<const std::string> texts);
    /// A scalar string, `<U`; array.item() returns it.
    void add_text(const std::string& name, const std::string& text);

    /// For an array that is not in memory as a whole: begin, write its elements in C order as bytes, end. T
    /// is not std::int8_t.
    template <class T>
    void begin(const std::string& name, const std::vector<std::size_t>& shape);
    void write(std::string_view bytes) { zip_.write(bytes); }
    void end() { zip_.end(); }

    void finish() { zip_.finish(); }

 private:
    void begin(const std::string& name, std::string_view descr, std::size_t item_bytes,
               const std::vector<std::size_t>& shape);
    void add_unicode(const std::string& name, std::span<const std::string> texts,
                     const std::vector<std::size_t>& shape);

    ZipWriter zip_;
};

/// Reads named arrays of an NPZ file as NpzWriter, numpy.savez and numpy.savez_compressed write it, of any
/// numeric type and byte order. Sizes are checked against the file before memory is allocated, and checksums
/// always. Stored arrays are read from a memory map. Messages name the file and the array.
class NpzReader {
 public:
    /// @param path  `-` is standard input
    explicit NpzReader(const std::string& path) : zip_(path) {}

    /// The file's name in messages.
    const std::string& name() const { return zip_.name(); }
    std::vector<std::string> array_names() const;
    bool contains(std::string_view array) const;

    /// Type and shape, so that a caller can reject an array before reading it.
    /// @throws Error if there is no such array, or its header is malformed or doesn't match its data
    NpyHeader header(std::string_view array) const;

    /// The elements in C order, whatever their order and type in the file. T is float, double or
    /// std::int64_t; std::int64_t accepts only integers.
    template <class T>
    std::vector<T> values(std::string_view array) const;

    /// The elements in the memory map, without a copy, if it is an aligned stored array of T in C order;
    /// nothing otherwise. Valid as long as the reader.
    template <class T>
    std::optional<std::span<const T>> mapped(std::string_view array) const;

    /// The elements in file order, converted like values(), one block at a time: for arrays too large for
    /// memory. @throws Error for Fortran order with more than one dimension
    template <class T>
    void stream(std::string_view array, const std::function<void(std::span<const T>)>& sink) const;

    /// File offset of the elements, for reading parts of them later, if it is a regular file and they are
    /// stored as little-endian T in C order; nothing otherwise.
    template <class T>
    std::optional<std::uint64_t> offset(std::string_view array) const;

    /// The strings (`U` or `S`) of an array of at most one dimension, as UTF-8.
    std::vector<std::string> texts(std::string_view array) const;
    /// A scalar string.
    std::string text(std::string_view array) const;

    /// "a.npz: array 'samples'"
    std::string where(std::string_view array) const;

 private:
    const ZipEntry& entry(std::string_view array) const;
    template <class T>
    void stream(std::string_view array, const NpyHeader& header,
                const std::function<void(std::span<const T>)>& sink) const;

    ZipReader zip_;
};

}  // namespace earshot::npz
