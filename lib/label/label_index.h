#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace earshot::label {

/// Class numbers by name, in constant time: a data set may have a class per recording.
class LabelIndex {
 public:
    /// @param labels  must outlive the index; of equal ones the first counts
    explicit LabelIndex(std::span<const std::string> labels) {
        numbers_.reserve(labels.size());
        for (std::size_t i = 0; i < labels.size(); ++i)
            numbers_.emplace(labels[i], static_cast<std::int64_t>(i));
    }

    std::optional<std::int64_t> find(std::string_view label) const {
        const auto found = numbers_.find(label);
        return found == numbers_.end() ? std::nullopt : std::optional(found->second);
    }

 private:
    std::unordered_map<std::string_view, std::int64_t> numbers_;
};

}  // namespace earshot::label
