#include "train/shuffle.h"

#include <xxhash.h>

#include <map>
#include <random>
#include <utility>
#include <vector>

#include "train/random.h"

namespace earshot::train {

std::uint64_t epoch_seed(std::uint64_t seed, int epoch) {
    const std::uint64_t words[] = {seed, static_cast<std::uint64_t>(epoch)};
    return XXH3_64bits(words, sizeof words);
}

Rows shuffled(Rows rows, std::uint64_t seed) {
    // std::shuffle and the standard's distributions differ between libraries; the engines don't.
    std::mt19937_64 random(seed);
    for (std::size_t left = rows.size(); left > 1; --left) {
        std::swap(rows[left - 1], rows[random() % left]);  // the bias of % is below left / 2^64
    }
    return rows;
}

Rows drawn_equally(const TrainingSet& set, const Rows& rows, std::uint64_t seed) {
    std::map<std::size_t, Rows> of_class;
    for (const auto row : rows) of_class[set.label_of(row).value()].push_back(row);
    std::vector<const Rows*> classes;
    for (const auto& [c, members] : of_class) classes.push_back(&members);
    Random random(seed);
    Rows drawn;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Rows& members = *classes[i % classes.size()];
        drawn.push_back(
            members[static_cast<std::size_t>(random.whole(static_cast<std::int64_t>(members.size()) - 1))]);
    }
    return drawn;
}

}  // namespace earshot::train
