#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace earshot::record {

/// Totals of one day, from the index of an archive.
struct ArchiveDay {
    static constexpr int kSteps = 96;  // of a quarter of an hour

    std::string day;  // 2024-02-29
    std::int64_t segments = 0;
    double recorded_s = 0;
    double max_amp = 0;  // the largest absolute sample
    std::int64_t clipped = 0, overruns = 0;
    double missing_s = 0;  // in gaps
    /// The loudest sample in each quarter of an hour of the day (UTC), by the start of its segment; nothing
    /// if no segment was kept.
    std::array<std::optional<double>, kSteps> peaks{};
};

/// True for a directory written by earshot record --segments.
bool is_archive(const std::string& directory);

/// Days in order. Lines that are not index lines are skipped.
/// @param warn  called once per index that has such lines
std::vector<ArchiveDay> read_archive(const std::string& directory,
                                     const std::function<void(const std::string&)>& warn);

}  // namespace earshot::record
