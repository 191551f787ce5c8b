#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace earshot::dataset {

struct Split {
    std::vector<std::size_t> train, validation;  // indices of recordings, ascending
};

/// What a split needs to know of a recording: its group and how many frames of each class it has.
struct SplitItem {
    std::string group;
    std::vector<std::size_t> class_counts;
};

/// Puts about `share` of the frames into validation, whole groups at a time, seeded, so that class shares on
/// both sides come as near to each other as groups allow and no class is missing from training if that can
/// be.
/// @throws Error if there is one group only ("... give --validation 0, or recordings of several groups")
Split split_by_group(std::span<const SplitItem> items, double share, std::uint64_t seed);

/// k folds by group; fold i is validation of the i-th split.
std::vector<Split> folds_by_group(std::span<const SplitItem> items, int folds, std::uint64_t seed);

}  // namespace earshot::dataset
