#include "model/shuffle.h"

#include <xxhash.h>

#include <random>
#include <utility>

namespace earshot {

std::uint64_t epoch_seed(std::uint64_t seed, int epoch) {
    const std::uint64_t words[] = {seed, static_cast<std::uint64_t>(epoch)};
    return XXH3_64bits(words, sizeof words);
}

Rows shuffled(Rows rows, std::uint64_t seed) {
    // std::shuffle and the standard's distributions differ between libraries; the engine does not.
    std::mt19937_64 random(seed);
    for (std::size_t left = rows.size(); left > 1; --left) {
        std::swap(rows[left - 1], rows[random() % left]);  // the bias of % is below left / 2^64
    }
    return rows;
}

}  // namespace earshot
