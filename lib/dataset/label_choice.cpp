#include "dataset/label_choice.h"

namespace earshot::dataset {

std::optional<std::size_t> LabelChoice::one(const Activity::Tally& tally) const {
    std::optional<std::size_t> best;
    std::int64_t most = 0;
    const auto consider = [&](std::size_t label, std::int64_t frames) {
        const bool first = label == outside || (label < best && best != outside);
        if (frames < most || frames == 0 || (frames == most && !first)) return;
        best = label;
        most = frames;
    };
    for (const auto& sounding : tally.sounding) consider(sounding.c, sounding.foremost);
    if (background && !(anywhere && best)) consider(*background, tally.quiet);
    return best;
}

std::vector<std::size_t> LabelChoice::all(const Activity::Tally& tally) const {
    const auto chosen = one(tally);
    if (!chosen) return {};
    std::vector<std::size_t> labels{*chosen};
    for (const auto& sounding : tally.sounding) {
        if (sounding.c != *chosen && (anywhere || 2 * sounding.frames > tally.known))
            labels.push_back(sounding.c);
    }
    return labels;
}

}  // namespace earshot::dataset
