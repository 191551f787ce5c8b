#include "train/thinning.h"

#include <algorithm>

#include "train/trainer.h"

namespace earshot::train {

std::vector<std::int64_t> thinned_counts(std::span<const std::int64_t> counts, std::size_t most) {
    std::vector<std::int64_t> rising;
    for (const auto count : counts) {
        if (count > 0) rising.push_back(count);
    }
    std::ranges::sort(rising);
    auto left = static_cast<std::int64_t>(most), limit = std::int64_t{0};
    for (std::size_t i = 0; i < rising.size(); ++i) {
        limit = std::max<std::int64_t>(1, left / static_cast<std::int64_t>(rising.size() - i));
        if (rising[i] > limit) break;  // and so have all that follow
        left -= rising[i];
    }
    std::vector<std::int64_t> kept;
    for (const auto count : counts) kept.push_back(std::min(count, limit));
    return kept;
}

Rows thinned(const TrainingSet& set, const Rows& rows, std::size_t most) {
    if (rows.size() <= most) return rows;
    const auto counts = set.class_counts(rows);
    const auto kept = thinned_counts(counts, most);
    std::vector<std::int64_t> seen(counts.size());
    Rows some;
    for (const std::int64_t row : rows) {
        const std::size_t label = *set.label_of(row);
        // One of each counts / kept.
        const std::int64_t before = seen[label]++ * kept[label] / counts[label];
        if (seen[label] * kept[label] / counts[label] > before) some.push_back(row);
    }
    return some;
}

nlohmann::ordered_json completed(const nlohmann::ordered_json& architecture, const TrainingSet& set,
                                 const Rows& rows) {
    auto whole = architecture;
    if (architecture.value("kind", "") == "neighbours")
        whole["examples"] = thinned_counts(set.class_counts(rows), kMostExamples);
    return whole;
}

}  // namespace earshot::train
