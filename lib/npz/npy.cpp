#include "npz/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>

#include "support/error.h"

namespace earshot::npz {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 32;  // numpy's own limit

/// Parses the dictionary literal of a header.
class Literal {
 public:
    Literal(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

    [[noreturn]] void fail(std::string_view what) const {
        throw Error(fmt::format("{}: malformed header ({})", where_, what));
    }

    bool take(char wanted) {
        skip_space();
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(char wanted) {
        if (!take(wanted)) fail(fmt::format("'{}' is missing", wanted));
    }

    std::string_view string() {
        skip_space();
        if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"'))
            fail("a quoted string is missing");
        const auto end = rest_.find(rest_.front(), 1);
        if (end == std::string_view::npos) fail("a quote is not closed");
        const auto text = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return text;
    }

    bool boolean() {
        skip_space();
        for (const auto& [word, value] : {std::pair{std::string_view("True"), true}, {"False", false}}) {
            if (!rest_.starts_with(word)) continue;
            rest_.remove_prefix(word.size());
            return value;
        }
        fail("fortran_order is neither True nor False");
    }

    std::vector<std::size_t> tuple() {
        expect('(');
        std::vector<std::size_t> numbers;
        while (!take(')')) {
            if (numbers.size() == kMaxRank) fail("more than 32 dimensions");
            numbers.push_back(natural());
            if (!take(',')) {
                if (numbers.size() == 1) fail("the shape is not a tuple");
                expect(')');
                break;
            }
        }
        return numbers;
    }

    bool next_is_list() {
        skip_space();
        return rest_.starts_with('[');
    }

    void expect_end() {
        skip_space();
        if (!rest_.empty()) fail("something follows the dictionary");
    }

 private:
    void skip_space() {
        const auto begin = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin);
    }

    std::size_t natural() {
        skip_space();
        if (rest_.starts_with('-')) fail("a dimension is negative");
        std::size_t value = 0;
        const auto [end, status] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (status == std::errc::result_out_of_range) fail("a dimension is too large");
        if (status != std::errc()) fail("a dimension is not a number");
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }

    std::string_view rest_;
    const std::string& where_;
};

NpyType parse_descr(std::string_view descr, const std::string& where) {
    const auto refuse = [&](std::string_view why) {
        return Error(fmt::format("{}: elements of type '{}' {}", where, descr, why));
    };
    NpyType type;
    std::string_view rest = descr;
    if (rest.find('O') != std::string_view::npos)
        throw refuse("are pickled Python objects, which are never loaded");
    char order = '|';
    if (!rest.empty() && std::string_view("<>|=").find(rest.front()) != std::string_view::npos) {
        order = rest.front();
        rest.remove_prefix(1);
    }
    type.big_endian = order == '>';
    if (order == '=') type.big_endian = std::endian::native == std::endian::big;
    if (rest.empty()) throw refuse("are unknown");
    const char letter = rest.front();
    rest.remove_prefix(1);
    std::size_t size = 0;
    const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    if (status != std::errc() || end != rest.data() + rest.size()) throw refuse("are not supported");
    using Kind = NpyType::Kind;
    struct Known {
        char letter;
        Kind kind;
        std::initializer_list<std::size_t> sizes;  // empty: any
    };
    const Known known[] = {{'b', Kind::boolean, {1}},          {'i', Kind::integer, {1, 2, 4, 8}},
                           {'u', Kind::natural, {1, 2, 4, 8}}, {'f', Kind::real, {2, 4, 8}},
                           {'U', Kind::unicode, {}},           {'S', Kind::bytes, {}}};
    for (const auto& [name, kind, sizes] : known) {
        if (name != letter) continue;
        if (sizes.size() > 0 && std::ranges::find(sizes, size) == sizes.end()) break;
        if (kind == Kind::unicode && __builtin_mul_overflow(size, std::size_t{4}, &size)) break;
        type.kind = kind;
        type.item_bytes = size;
        return type;
    }
    throw refuse("are not supported (numbers and strings are)");
}

/// The header's text and where it ends, for all versions.
std::pair<std::string_view, std::size_t> header_text(std::string_view start, const std::string& where) {
    if (start.size() < 10 || !start.starts_with(kMagic))
        throw Error(fmt::format("{}: not a .npy array", where));
    const auto byte = [&](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(start[i]));
    };
    const auto version = byte(6);
    if (version < 1 || version > 3) {
        throw Error(
            fmt::format("{}: unknown .npy version {}.{} (1 to 3 can be read)", where, version, byte(7)));
    }
    const std::size_t prefix = version == 1 ? 10 : 12;
    if (start.size() < prefix) throw Error(fmt::format("{}: ends inside its header", where));
    std::size_t length = byte(8) | byte(9) << 8;
    if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
    if (length > kMaxNpyHeaderBytes - 12) {
        throw Error(fmt::format("{}: header of {} bytes is too long", where, length));
    }
    if (start.size() < prefix + length) throw Error(fmt::format("{}: ends inside its header", where));
    return {start.substr(prefix, length), prefix + length};
}

}  // namespace

NpyHeader parse_npy_header(std::string_view start, const std::string& where) {
    const auto [text, header_bytes] = header_text(start, where);
    Literal literal(text, where);
    std::optional<NpyType> type;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::size_t>> shape;
    literal.expect('{');
    while (!literal.take('}')) {
        const auto key = literal.string();
        literal.expect(':');
        if (key == "descr" && !type) {
            if (literal.next_is_list()) {
                throw Error(fmt::format("{}: structured elements are not supported (numbers and strings are)",
                                        where));
            }
            type = parse_descr(literal.string(), where);
        } else if (key == "fortran_order" && !fortran_order) {
            fortran_order = literal.boolean();
        } else if (key == "shape" && !shape) {
            shape = literal.tuple();
        } else {
            literal.fail(fmt::format("unexpected key '{}'", key));
        }
        if (!literal.take(',')) {
            literal.expect('}');
            break;
        }
    }
    literal.expect_end();
    if (!type || !fortran_order || !shape) literal.fail("descr, fortran_order or shape is missing");

    NpyHeader header{*type, *fortran_order, std::move(*shape), header_bytes, 1, 0};
    bool overflow = false;
    for (const auto extent : header.shape)
        overflow |= __builtin_mul_overflow(header.count, extent, &header.count);
    overflow |= __builtin_mul_overflow(header.count, header.type.item_bytes, &header.data_bytes);
    overflow |= header.data_bytes > (std::size_t{1} << 62);
    if (overflow) throw Error(fmt::format("{}: shape ({}) overflows", where, fmt::join(header.shape, ", ")));
    return header;
}

std::string npy_header(std::string_view descr, const std::vector<std::size_t>& shape) {
    std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr,
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    constexpr std::size_t kPrefix = 10;
    const std::size_t padded = (kPrefix + text.size() + 1 + 63) / 64 * 64;  // and a newline at the end
    text.append(padded - kPrefix - text.size() - 1, ' ');
    text += '\n';
    std::string header(kMagic);
    header += '\x01';
    header += '\0';
    header += static_cast<char>(text.size() & 0xff);
    header += static_cast<char>(text.size() >> 8);
    return header + text;
}

}  // namespace earshot::npz
