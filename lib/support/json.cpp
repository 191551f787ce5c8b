#include "support/json.h"

#include <fmt/format.h>

#include <istream>

#include "support/output.h"

namespace earshot {
namespace {

using Handler = nlohmann::json_sax<nlohmann::json>;

Error too_deep(const std::string& name) {
    return Error(fmt::format("{}: nested more than {} levels deep", name, kMaxJsonDepth));
}

/// Passes everything on, but counts levels.
class DepthLimit final : public Handler {
 public:
    DepthLimit(Handler& inner, const std::string& name) : inner_(inner), name_(name) {}

    bool null() override { return inner_.null(); }
    bool boolean(bool value) override { return inner_.boolean(value); }
    bool number_integer(number_integer_t value) override { return inner_.number_integer(value); }
    bool number_unsigned(number_unsigned_t value) override { return inner_.number_unsigned(value); }
    bool number_float(number_float_t value, const string_t& text) override {
        return inner_.number_float(value, text);
    }
    bool string(string_t& value) override { return inner_.string(value); }
    bool binary(binary_t& value) override { return inner_.binary(value); }
    bool start_object(std::size_t size) override { return enter() && inner_.start_object(size); }
    bool key(string_t& text) override { return inner_.key(text); }
    bool end_object() override { return leave() && inner_.end_object(); }
    bool start_array(std::size_t size) override { return enter() && inner_.start_array(size); }
    bool end_array() override { return leave() && inner_.end_array(); }
    bool parse_error(std::size_t byte, const std::string& token,
                     const nlohmann::detail::exception& error) override {
        return inner_.parse_error(byte, token, error);
    }

 private:
    bool enter() {
        if (++depth_ > kMaxJsonDepth) throw too_deep(name_);
        return true;
    }
    bool leave() { return depth_-- > 0; }

    Handler& inner_;
    const std::string& name_;
    int depth_ = 0;
};

/// Reads a text a second time to throw what is wrong with it and where.
class ErrorFinder final : public Handler {
 public:
    explicit ErrorFinder(const std::string& name) : name_(name) {}

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t byte, const std::string&,
                     const nlohmann::detail::exception& error) override {
        throw json_error(name_ + ": not valid JSON", byte, error);
    }

 private:
    const std::string& name_;
};

/// Counts the brackets outside strings. The library's way, a callback for each value, takes longer than
/// parsing.
/// @throws Error if the text is nested too deeply
void check_depth(std::string_view text, const std::string& name) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kMaxJsonDepth) throw too_deep(name);
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
}

/// Discarded if the text is not JSON. @throws Error if it is nested too deeply
template <class Json>
Json parse_limited(std::string_view text, const std::string& name) {
    check_depth(text, name);
    return Json::parse(text, nullptr, false);
}

}  // namespace

Error json_error(const std::string& name, std::size_t byte, const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
    std::string text = error.what();
    if (const auto end = text.find("] "); text.starts_with('[') && end != std::string::npos)
        text.erase(0, end + 2);
    constexpr std::string_view kPlaced = "parse error at ";
    if (text.starts_with(kPlaced)) return Error(fmt::format("{}: {}", name, text.substr(kPlaced.size())));
    if (byte == 0) return Error(fmt::format("{}: {}", name, text));
    return Error(fmt::format("{}: byte {}: {}", name, byte, text));
}

template <class Json>
Json parse_json(std::string_view text, const std::string& name) {
    if (text.size() > kMaxJsonBytes)
        throw Error(fmt::format("{}: larger than {} MiB", name, kMaxJsonBytes >> 20));
    Json json = parse_limited<Json>(text, name);
    if (!json.is_discarded()) return json;
    ErrorFinder finder(name);
    nlohmann::json::sax_parse(text, &finder);
    throw Error(fmt::format("{}: not valid JSON", name));  // unreachable: the finder has thrown
}

template nlohmann::ordered_json parse_json(std::string_view text, const std::string& name);
template nlohmann::json parse_json(std::string_view text, const std::string& name);

std::optional<nlohmann::ordered_json> try_parse_json(std::string_view text) {
    if (text.size() > kMaxJsonBytes) return {};
    try {
        auto json = parse_limited<nlohmann::ordered_json>(text, "");
        if (!json.is_discarded()) return json;
    } catch (const Error&) {  // too deep
    }
    return {};
}

nlohmann::ordered_json read_json(const std::string& path, std::size_t max_bytes) {
    return parse_json(read_text(path, max_bytes), path == "-" ? "standard input" : path);
}

void stream_json(std::string_view text, Handler& handler, const std::string& name) {
    DepthLimit limited(handler, name);
    nlohmann::json::sax_parse(text, &limited);
}

void stream_json(std::istream& text, Handler& handler, const std::string& name) {
    DepthLimit limited(handler, name);
    nlohmann::json::sax_parse(text, &limited);
}

}  // namespace earshot
