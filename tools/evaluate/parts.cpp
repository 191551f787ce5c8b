#include "tools/evaluate/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <optional>
#include <string_view>

#include "evaluate/judged_json.h"
#include "support/error.h"
#include "support/input.h"
#include "support/interrupt.h"
#include "support/json_lines.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFirstKey = R"({"recording":)";

/// The position of a file: 0 if it begins with the header, n + 1 if with recording n; nothing if it is empty.
std::optional<std::size_t> place_of(const std::string& path) {
    InputBuffer input(path);
    const auto start = input.peek();
    if (start.empty()) return std::nullopt;
    if (!start.starts_with(kFirstKey)) return 0;
    std::size_t number = 0;
    std::from_chars(start.data() + kFirstKey.size(), start.data() + start.size(), number);
    return number + 1;
}

/// Files in the order of their recordings, without empty ones.
std::vector<std::string> in_order(const std::vector<std::string>& files) {
    if (files.size() == 1) return files;  // standard input could not be read twice
    std::vector<std::pair<std::size_t, std::string>> placed;
    for (const auto& file : files) {
        if (const auto place = place_of(file)) placed.emplace_back(*place, file);
    }
    std::ranges::stable_sort(placed, {}, &std::pair<std::size_t, std::string>::first);
    std::vector<std::string> ordered;
    for (auto& [place, file] : placed) ordered.push_back(std::move(file));
    return ordered;
}

PartsHeader header_of(const Json& line) {
    return {line.at("model"), line.at("data").get<std::vector<std::string>>(), line.at("recordings")};
}

/// Lines of all parts, checked for their order.
class PartsReader {
 public:
    explicit PartsReader(const PartSink& sink) : sink_(sink) {}

    void read(const std::string& path) {
        InputBuffer input(path);
        std::istream stream(&input);
        stream.exceptions(std::ios::badbit);  // so that what InputBuffer throws comes through
        std::size_t number = 0;
        for (std::string text; std::getline(stream, text);) {
            check_interrupt();
            ++number;
            try {
                take(Json::parse(text));
            } catch (const Json::exception&) {
                throw Error(fmt::format("{}, line {}: not output of earshot evaluate --shard", path, number));
            } catch (const WriteError&) {
                throw;
            } catch (const Error& error) {
                throw Error(fmt::format("{}, line {}: {}", path, number, error.what()));
            }
        }
    }

    PartsHeader finish() const {
        if (!header_) throw Error("the first part is missing (earshot evaluate --shard 1/N writes it)");
        if (next_ < header_->recordings) {
            throw Error(fmt::format("{} of {} recordings are missing (give all parts of --shard)",
                                    header_->recordings - next_, header_->recordings));
        }
        return *header_;
    }

 private:
    void take(const Json& line) {
        if (!header_) {
            if (line.contains("recording"))
                throw Error("the first part is missing, or comes after later parts");
            header_ = header_of(line);
            return;
        }
        const auto number = line.at("recording").get<std::size_t>();
        if (number != next_ || number >= header_->recordings)
            throw Error(fmt::format("recording {} is missing, or the parts are not in order", next_));
        ++next_;
        sink_(line.at("file").get<std::string>(), line.get<evaluate::JudgedRecording>());
    }

    const PartSink& sink_;
    std::optional<PartsHeader> header_;
    std::size_t next_ = 0;  // recording
};

}  // namespace

void write_header(Output& out, const PartsHeader& header) {
    JsonLines(out).write({{"model", header.model}, {"data", header.data}, {"recordings", header.recordings}});
}

void write_recording(Output& out, std::size_t number, const std::string& file,
                     const evaluate::JudgedRecording& judged) {
    Json line{{"recording", number}, {"file", file}};
    line.update(Json(judged));
    JsonLines(out).write(line);
}

PartsHeader read_parts(const std::vector<std::string>& files, const PartSink& sink) {
    PartsReader reader(sink);
    for (const auto& file : in_order(files)) reader.read(file);
    return reader.finish();
}

}  // namespace earshot::tools
