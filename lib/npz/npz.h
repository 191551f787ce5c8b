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

/// Writes named arrays as numpy.savez does, front to back: numpy.load(allow_pickle=False) reads them.
/// Equal arrays in equal order make equal bytes. T is float, double or std::int64_t.
class NpzWriter {
 public:
    /// @param out  closed by whoever made it, after finish()
    NpzWriter(Output& out, bool compress) : zip_(out, compress) {}

    /// @param shape  its product is values.size(); {} for a scalar
    template <class T>
    void add(const std::string& name, const std::vector<std::size_t>& shape, std::span<const T> values);
    /// One dimension of texts, `<U`.
    void add_texts(const std::string& name, std::span<const std::string> texts);
    /// A scalar text, `<U`; array.item() gives it back.
    void add_text(const std::string& name, const std::string& text);

    /// An array that does not stand in memory whole: begin, write its elements in C order as bytes, end. T
    /// may be Half as well.
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

/// Reads named arrays of an NPZ file: what NpzWriter, numpy.savez and numpy.savez_compressed write, of any
/// numeric type and either byte order. Sizes are checked against the file before memory is taken for them,
/// and checksums always. Stored arrays are read from a memory map. Messages name the file and the array.
class NpzReader {
 public:
    /// @param path  `-` is standard input
    explicit NpzReader(const std::string& path) : zip_(path) {}

    /// The file, as messages call it.
    const std::string& name() const { return zip_.name(); }
    std::vector<std::string> array_names() const;
    bool contains(std::string_view array) const;

    /// Type and shape, so that a caller can refuse what it does not expect before reading it.
    /// @throws Error if there is no such array, or its header is malformed or does not fit its data
    NpyHeader header(std::string_view array) const;

    /// Elements in C order, whatever their order and type in the file: T is float, double or std::int64_t, of
    /// which the last one takes whole numbers only.
    template <class T>
    std::vector<T> values(std::string_view array) const;

    /// The elements as they lie in the file, without a copy, if it is a stored array of T in C order and
    /// aligned; valid as long as the reader. Else nothing.
    template <class T>
    std::optional<std::span<const T>> mapped(std::string_view array) const;

    /// The elements in the order of the file, converted as values() does, a block at a time: for arrays that
    /// memory cannot hold. @throws Error for Fortran order of more than one dimension
    template <class T>
    void stream(std::string_view array, const std::function<void(std::span<const T>)>& sink) const;

    /// Where in the file the elements begin, if it is a regular file and they are stored little-endian T in C
    /// order: for reading parts of them later. Else nothing.
    template <class T>
    std::optional<std::uint64_t> offset(std::string_view array) const;

    /// Texts (`U` or `S`) of an array of at most one dimension, as UTF-8.
    std::vector<std::string> texts(std::string_view array) const;
    /// A scalar text.
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
