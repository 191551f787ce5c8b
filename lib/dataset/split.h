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

/// Puts about the fraction `share` of the frames into validation, in whole groups, so that both sides have
/// the classes in proportions as similar as groups allow, and training has every class if possible. Seeded.
/// @throws Error if there is only one group ("... give --validation 0, or recordings of several groups")
Split split_by_group(std::span<const SplitItem> items, double share, std::uint64_t seed);

/// k folds by group: fold i is the validation data of split i.
std::vector<Split> folds_by_group(std::span<const SplitItem> items, int folds, std::uint64_t seed);

}  // namespace earshot::dataset
