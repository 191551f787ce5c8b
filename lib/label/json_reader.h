#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>

#include "label/label_text.h"
#include "support/error.h"
#include "support/json.h"

namespace earshot::label {

/// Base of the streaming readers of JSON label files: anything unexpected is an error that names its place.
/// Streaming, since a tree of values silently drops duplicate keys, and waveform files can be larger than
/// memory.
class JsonReader : public nlohmann::json_sax<nlohmann::json> {
 public:
    explicit JsonReader(std::string name) : name_(std::move(name)) {}

    bool null() override { return unexpected("null"); }
    bool boolean(bool) override { return unexpected("true or false"); }
    bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
    bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
    bool number_float(number_float_t value, const string_t&) override { return number(value); }
    bool string(string_t&) override { return unexpected("a string"); }
    bool binary(binary_t&) override { return unexpected("binary data"); }
    bool start_object(std::size_t) override { return unexpected("an object"); }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return unexpected("an array"); }
    bool end_array() override { return true; }

    bool parse_error(std::size_t byte, const std::string&,
                     const nlohmann::detail::exception& error) override {
        throw json_error(name_, byte, error);
    }

 protected:
    virtual bool number(double) { return unexpected("a number"); }
    /// What was being read: `key "02:13"`; empty at the top.
    virtual std::string place() const { return {}; }
    /// What the format expects here: `a label, as in {"00:00": "quiet"}`.
    virtual std::string expected() const = 0;

    /// "labels.json: key "02:13""
    std::string where() const {
        const auto at = place();
        return at.empty() ? name_ : fmt::format("{}: {}", name_, at);
    }
    [[noreturn]] void fail(const std::string& message) const { throw Error(where() + ": " + message); }
    /// Returns the result of work(); its errors are prefixed with the place.
    template <class Work>
    auto in_place(const Work& work) const {
        return located([this] { return where(); }, work);
    }
    bool unexpected(const std::string& found) const {
        fail(fmt::format("{}, expected {}", found, expected()));
    }

 private:
    std::string name_;
};

}  // namespace earshot::label
