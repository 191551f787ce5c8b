#include "tools/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "support/error.h"

namespace earshot::tools {

std::vector<std::string> split_list(const std::vector<std::string>& texts) {
    std::vector<std::string> words;
    for (const std::string& text : texts) {
        for (std::size_t first = 0; first <= text.size();) {
            const std::size_t end = std::min(text.find(',', first), text.size());
            if (end > first) words.push_back(text.substr(first, end - first));
            first = end + 1;
        }
    }
    return words;
}

BackgroundChoice parse_background(const std::vector<std::string>& texts) {
    BackgroundChoice choice;
    for (const std::string& text : texts) {
        std::error_code ignored;
        if (text.ends_with(".npz") || text.find('/') != std::string::npos ||
            std::filesystem::is_directory(text, ignored)) {
            choice.paths.push_back(text);
        } else if (choice.label) {
            throw UsageError(
                fmt::format("--background {}: the background label is already '{}' (give recordings of "
                            "background as a directory)",
                            text, *choice.label));
        } else {
            choice.label = text;
        }
    }
    return choice;
}

std::vector<dataset::DayRange> day_ranges(const std::string& option, const std::vector<std::string>& texts) {
    std::vector<dataset::DayRange> ranges;
    for (const std::string& text : split_list(texts)) {
        try {
            ranges.push_back(dataset::parse_days(text));
        } catch (const Error& error) {
            throw UsageError(fmt::format("{}: {}", option, error.what()));
        }
    }
    return ranges;
}

}  // namespace earshot::tools
