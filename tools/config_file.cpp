#include "tools/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "support/error.h"

namespace earshot::tools {
namespace {

class Parser {
 public:
    Parser(std::string_view text, const std::string& name) : rest_(text), name_(name) {
        if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // byte order mark
    }

    std::vector<ConfigEntry> parse() {
        for (skip_lines(); !rest_.empty(); skip_lines()) {
            if (rest_.front() == '[') {
                section();
            } else {
                entry();
            }
        }
        return std::move(entries_);
    }

 private:
    [[noreturn]] void fail(std::string_view what) const {
        throw UsageError(fmt::format("{}: line {}: {}", name_, line_, what));
    }

    char take() {
        const char next = rest_.front();
        rest_.remove_prefix(1);
        if (next == '\n') ++line_;
        return next;
    }

    bool accept(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        take();
        return true;
    }

    void skip_blanks() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\r'))
            take();
        if (rest_.empty() || rest_.front() != '#') return;
        while (!rest_.empty() && rest_.front() != '\n') take();
    }

    void skip_lines() {
        for (skip_blanks(); accept('\n'); skip_blanks()) continue;
    }

    void end_line() {
        skip_blanks();
        if (!rest_.empty() && rest_.front() != '\n')
            fail(fmt::format("'{}' follows the value", first_word()));
    }

    std::string_view first_word() const { return rest_.substr(0, rest_.find_first_of(" \t\r\n,]#=")); }

    void section() {
        take();
        const auto end = rest_.find_first_of("]\n");
        if (end == std::string_view::npos || rest_[end] != ']') fail("a section needs a closing ]");
        section_ = rest_.substr(0, end);
        if (section_.find_first_of(" \t[\"'") != std::string::npos || section_.empty()) {
            fail(fmt::format("[{}] is no section (write [command] or [command.subcommand])", section_));
        }
        rest_.remove_prefix(end + 1);
        end_line();
    }

    void entry() {
        ConfigEntry entry{section_, std::string(first_word()), {}, line_};
        rest_.remove_prefix(entry.key.size());
        skip_blanks();
        if (entry.key.empty() || !accept('='))
            fail(fmt::format("'{}' is no setting (write key = value)", entry.key));
        skip_blanks();
        if (accept('[')) {
            array(entry.values);
        } else {
            entry.values.push_back(value());
        }
        end_line();
        for (const auto& other : entries_) {
            if (other.section == entry.section && other.key == entry.key) {
                fail(fmt::format("'{}' is set already in line {}", entry.key, other.line));
            }
        }
        entries_.push_back(std::move(entry));
    }

    void array(std::vector<std::string>& values) {
        for (skip_lines(); !accept(']'); skip_lines()) {
            values.push_back(value());
            skip_lines();
            if (rest_.empty()) fail("an array needs a closing ]");
            if (!accept(',') && rest_.front() != ']') fail("values of an array need commas between them");
        }
    }

    std::string value() {
        if (accept('"')) return quoted();
        if (accept('\'')) return literal();
        const std::string word(first_word());
        if (word.empty()) fail("a value is missing");
        if (word.front() == '{') fail("a table in braces is not read here (write a [section])");
        rest_.remove_prefix(word.size());
        return word;
    }

    std::string literal() {
        const auto end = rest_.find_first_of("'\n");
        if (end == std::string_view::npos || rest_[end] != '\'') fail("a string needs its closing '");
        const std::string text(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return text;
    }

    std::string quoted() {
        std::string text;
        while (true) {
            if (rest_.empty() || rest_.front() == '\n') fail("a string needs its closing \"");
            const char next = take();
            if (next == '"') return text;
            text += next == '\\' ? escape() : next;
        }
    }

    char escape() {
        constexpr std::string_view names = "\"\\ntr", meanings = "\"\\\n\t\r";
        const auto which = rest_.empty() ? std::string_view::npos : names.find(rest_.front());
        if (which == std::string_view::npos)
            fail("only \\\\, \\\", \\n, \\t and \\r are known after a backslash");
        take();
        return meanings[which];
    }

    std::string_view rest_;
    const std::string& name_;
    int line_ = 1;
    std::string section_;
    std::vector<ConfigEntry> entries_;
};

/// As TOML writes numbers: digits on both sides of a point, no zero in front of others.
bool is_number(std::string_view text) {
    const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    const auto point = text.find('.');
    if (!digit(first) || (text[first] == '0' && digit(first + 1))) return false;
    if (point != std::string_view::npos && !digit(point + 1)) return false;
    double number = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    return status == std::errc() && end == text.data() + text.size() && std::isfinite(number);
}

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& name) {
    return Parser(text, name).parse();
}

std::string config_value(std::string_view value) {
    if (is_number(value) || value == "true" || value == "false") return std::string(value);
    std::string text = "\"";
    for (const char c : value) {
        switch (c) {
            case '"':
                text += "\\\"";
                break;
            case '\\':
                text += "\\\\";
                break;
            case '\n':
                text += "\\n";
                break;
            case '\t':
                text += "\\t";
                break;
            case '\r':
                text += "\\r";
                break;
            default:
                text += c;
        }
    }
    return text + "\"";
}

}  // namespace earshot::tools
