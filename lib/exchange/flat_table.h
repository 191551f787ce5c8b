#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace earshot::exchange {

/// A table of a FlatBuffers file (its "Internals" page defines the format), which is a stranger's: each place
/// is checked against the file before it is read. Fields go by their number in the schema; those that the
/// file leaves out have a default. Functions throw Error for places outside of the file.
class FlatTable {
 public:
    /// The root table. @param file  must outlive all tables
    static FlatTable root(std::string_view file);

    std::uint8_t byte(std::size_t field, std::uint8_t usual = 0) const;
    std::int32_t whole(std::size_t field, std::int32_t usual = 0) const;
    float number(std::size_t field, float usual = 0) const;
    std::string text(std::size_t field) const;
    std::optional<FlatTable> table(std::size_t field) const;
    std::vector<FlatTable> tables(std::size_t field) const;
    std::vector<std::int32_t> wholes(std::size_t field) const;
    std::vector<std::int64_t> longs(std::size_t field) const;
    std::vector<float> numbers(std::size_t field) const;
    std::string_view bytes(std::size_t field) const;

 private:
    FlatTable(std::string_view file, std::size_t at) : file_(file), at_(at) {}
    template <class Number>
    Number read(std::size_t at) const;
    /// Where a field is; nothing if the file leaves it out.
    std::optional<std::size_t> place(std::size_t field) const;
    /// What the offset at this place points to.
    std::size_t follow(std::size_t at) const;
    /// The elements of a vector, of so many bytes each.
    std::string_view elements(std::size_t field, std::size_t bytes) const;
    template <class Number>
    std::vector<Number> vector(std::size_t field) const;

    std::string_view file_;
    std::size_t at_;
};

}  // namespace earshot::exchange
