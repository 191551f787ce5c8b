#include "tools/config_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "support/error.h"
#include "support/utf8.h"

// The only file that includes toml++: it takes seconds to compile.
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace earshot::tools {
namespace {

constexpr std::ptrdiff_t kMaxDots = 100;  // in a key: toml++ destroys nested tables recursively

bool parses(std::string_view text) {
    try {
        static_cast<void>(toml::parse(text));
        return true;
    } catch (const toml::parse_error&) {
        return false;
    }
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

/// "cry, 2, bark" with quotes around what TOML cannot read without them.
std::string quoted_items(std::string_view list) {
    std::vector<std::string> items;
    while (!list.empty()) {
        const auto item = trimmed(list.substr(0, list.find(',')));
        list.remove_prefix(
            std::min(list.size(), list.find(',') == list.npos ? list.size() : list.find(',') + 1));
        if (item.empty()) continue;
        items.push_back(parses(fmt::format("k = {}", item)) ? std::string(item) : config_value(item));
    }
    return fmt::format("[{}]", fmt::join(items, ", "));
}

/// The line with quotes around its value, if they are all that it lacks: earshot 0.1 did without them where a
/// value was one word. Else empty.
std::string with_quotes(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == line.npos || parses(line)) return {};
    const auto key = trimmed(line.substr(0, equals));
    auto value = trimmed(line.substr(equals + 1));
    value = trimmed(value.substr(0, value.find('#')));
    if (value.empty() || value.find_first_of("\"'{") != value.npos) return {};
    const bool array = value.starts_with('[') && value.ends_with(']');
    auto text = fmt::format("{} = {}", key,
                            array ? quoted_items(value.substr(1, value.size() - 2)) : config_value(value));
    return parses(text) ? text : std::string();
}

class Reader {
 public:
    Reader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    std::vector<ConfigEntry> read() {
        check_depth();
        try {
            add("", toml::parse(text_));
        } catch (const toml::parse_error& error) {
            explain(error);
        }
        std::ranges::stable_sort(entries_, {}, &ConfigEntry::line);
        return std::move(entries_);
    }

 private:
    [[noreturn]] void fail(int line, std::string_view what) const {
        throw UsageError(fmt::format("{}: line {}: {}", name_, line, what));
    }

    std::string_view line_text(int number) const {
        auto rest = text_;
        for (int i = 1; i < number && !rest.empty(); ++i)
            rest.remove_prefix(
                std::min(rest.size(), rest.find('\n') == rest.npos ? rest.size() : rest.find('\n') + 1));
        return rest.substr(0, rest.find('\n'));
    }

    [[noreturn]] void explain(const toml::parse_error& error) const {
        const auto line = static_cast<int>(error.source().begin.line);
        if (const auto right = with_quotes(line_text(line)); !right.empty())
            fail(line, fmt::format("text needs quotes (write {})", right));
        constexpr std::string_view kPrefix = "Error while parsing ";
        auto what = error.description();
        if (what.starts_with(kPrefix)) what.remove_prefix(kPrefix.size());
        fail(line, what);
    }

    void check_depth() const {
        int number = 1;
        for (auto rest = text_; !rest.empty(); ++number) {
            const auto line = rest.substr(0, rest.find('\n'));
            const auto key = line.substr(0, line.find_first_of("=\"'#"));
            if (std::ranges::count(key, '.') > kMaxDots) fail(number, "sections are nested too deeply");
            rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        }
    }

    void add(const std::string& section, const toml::table& table) {
        for (const auto& [key, value] : table) {
            if (const auto* inner = value.as_table()) {
                add(section.empty() ? std::string(key.str()) : fmt::format("{}.{}", section, key.str()),
                    *inner);
            } else {
                add_entry(section, key, value);
            }
        }
    }

    void add_entry(const std::string& section, const toml::key& key, const toml::node& value) {
        const auto line = static_cast<int>(key.source().begin.line);
        ConfigEntry entry{section, std::string(key.str()), {}, line};
        if (const auto* array = value.as_array()) {
            if (array->is_array_of_tables())
                fail(line, fmt::format("[[{}]] is an array of tables (write [{}] for a section)", key.str(),
                                       key.str()));
            for (const auto& item : *array) entry.values.push_back(text_of(item, line));
        } else {
            entry.values.push_back(text_of(value, line));
        }
        entries_.push_back(std::move(entry));
    }

    std::string text_of(const toml::node& node, int line) const {
        return node.visit([&](const auto& value) -> std::string {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (toml::is_string<Value>)
                return *value;
            else if constexpr (toml::is_number<Value> || toml::is_boolean<Value>)
                return fmt::format("{}", *value);
            else if constexpr (toml::is_chronological<Value>)
                return (std::ostringstream() << *value).str();
            else
                fail(line, "an array may contain only text, numbers, true or false");
        });
    }

    std::string_view text_;
    const std::string& name_;
    std::vector<ConfigEntry> entries_;
};

/// Whether TOML without quotes reads back as exactly this text.
bool may_be_bare(std::string_view text) {
    const auto reads_back = [&](auto number) {
        const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
        return status == std::errc() && end == text.data() + text.size() && fmt::format("{}", number) == text;
    };
    if (text == "true" || text == "false") return true;
    return text.find_first_of(".e") == text.npos ? reads_back(std::int64_t{}) : reads_back(0.0);
}

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& name) {
    return Reader(text, name).read();
}

std::string config_value(std::string_view value) {
    if (may_be_bare(value)) return std::string(value);
    std::string text = "\"";
    for (const char c : utf8_from_utf32(utf32_from_utf8(value))) {
        if (c == '"' || c == '\\') {
            text += {'\\', c};
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            text += fmt::format("\\u{:04X}", c);
        } else {
            text += c;
        }
    }
    return text + "\"";
}

}  // namespace earshot::tools
