#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace earshot::record {

/// What the index of an archive says of one day.
struct ArchiveDay {
    static constexpr int kSteps = 96;  // of a quarter of an hour

    std::string day;  // 2024-02-29
    std::int64_t segments = 0;
    double recorded_s = 0;
    double max_amp = 0;  // the largest absolute sample
    std::int64_t clipped = 0, overruns = 0;
    double missing_s = 0;  // in gaps
    /// The loudest sample in each quarter of an hour of the day (UTC), at the time where its segment begins;
    /// nothing where nothing was kept.
    std::array<std::optional<double>, kSteps> peaks{};
};

/// True for a directory that earshot record has filled.
bool is_archive(const std::string& directory);

/// Days in order. A line that cannot be understood is passed over.
/// @param warn  told how many of those there are in an index
std::vector<ArchiveDay> read_archive(const std::string& directory,
                                     const std::function<void(const std::string&)>& warn);

}  // namespace earshot::record
