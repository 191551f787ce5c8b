#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace earshot::batch {

/// Part `index` of `count`, from 1. Parts are runs of neighbours, so that the outputs of all parts, one after
/// the other, are the output of the whole.
struct Shard {
    std::size_t index = 1, count = 1;

    bool is_first() const { return index == 1; }
    /// The part takes items [begin, end) of `total`.
    std::size_t begin(std::size_t total) const { return total * (index - 1) / count; }
    std::size_t end(std::size_t total) const { return total * index / count; }
};

/// "2/8". @throws UsageError for anything else
Shard parse_shard(const std::string& text);

template <class T>
std::vector<T> part_of(const std::vector<T>& all, const Shard& shard) {
    const auto at = [&](std::size_t i) { return all.begin() + static_cast<std::ptrdiff_t>(i); };
    return {at(shard.begin(all.size())), at(shard.end(all.size()))};
}

}  // namespace earshot::batch
