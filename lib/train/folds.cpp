#include "train/folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "dataset/split.h"
#include "support/error.h"
#include "train/shuffle.h"

namespace earshot::train {
namespace {

/// A split item per group, or per frame.
struct Units {
    std::vector<dataset::SplitItem> items;
    std::vector<std::size_t> of_set;  // the items of the training set
    std::vector<Rows> rows;           // labelled rows of each item
};

Units units_of(const TrainingSet& set) {
    Units units;
    for (std::size_t i = 0; i < set.items.size(); ++i) {
        const TrainingSet::Item& item = set.items[i];
        if (item.role != Role::train) continue;
        Rows rows;
        for (std::int64_t row = item.first; row < item.first + item.count; ++row) {
            if (const auto label = set.label_of(row); label && *label != set.none_of_them())
                rows.push_back(row);
        }
        const auto counts = set.class_counts(rows);
        units.items.push_back({item.group, {counts.begin(), counts.end()}});
        units.of_set.push_back(i);
        units.rows.push_back(std::move(rows));
    }
    return units;
}

Rows gather(const Units& units, const std::vector<std::size_t>& chosen) {
    Rows rows;
    for (const std::size_t i : chosen) rows.insert(rows.end(), units.rows[i].begin(), units.rows[i].end());
    return rows;
}

/// Distributes the shuffled frames of each class among k folds in turn.
std::vector<Rows> deal_frames(const TrainingSet& set, std::size_t hands, std::uint64_t seed) {
    std::vector<Rows> dealt(hands);
    const Rows order = shuffled(set.labelled_rows(Role::train), seed);
    std::vector<std::size_t> next(set.labels.size());
    for (const std::int64_t row : order) {
        auto& hand = next[*set.label_of(row)];
        dealt[hand++ % hands].push_back(row);
    }
    for (Rows& rows : dealt) std::ranges::sort(rows);
    return dealt;
}

/// Takes the fraction `share` of the frames of each class: at least one if there are two, never all.
Fold hold_out_frames(const TrainingSet& set, double share, std::uint64_t seed) {
    Fold fold;
    const Rows order = shuffled(set.labelled_rows(Role::train), seed);
    auto quota = set.class_counts(order);
    for (auto& count : quota) {
        const auto wanted = static_cast<std::int64_t>(share * static_cast<double>(count) + 0.5);
        count = std::min(std::max<std::int64_t>(wanted, 1), count - 1);
    }
    for (const std::int64_t row : order) {
        auto& left = quota[*set.label_of(row)];
        (left-- > 0 ? fold.validation : fold.train).push_back(row);
    }
    std::ranges::sort(fold.train);
    std::ranges::sort(fold.validation);
    return fold;
}

/// Whether a label sounds anywhere in recordings of these rows, as far as labels say.
bool sounds_in(const TrainingSet& set, const Rows& rows, std::size_t learnt) {
    return std::ranges::any_of(rows, [&](std::int64_t row) {
        const auto& activity = set.recordings_said[set.item_of(row).recording].activity;
        const auto weak = activity.weak();
        return activity.frames_of(learnt) > 0 || (!weak.empty() && weak[learnt] == dataset::Activity::sounds);
    });
}

/// Labels to learn of which there is nothing in some rows.
std::vector<std::size_t> labels_without(const TrainingSet& set, const Rows& rows) {
    std::vector<std::size_t> missing;
    if (set.target == model::Target::events) {
        for (std::size_t i = 0; i < set.learnt(); ++i) {
            if (!sounds_in(set, rows, i)) missing.push_back(set.learnt_label(i));
        }
        return missing;
    }
    const auto counts = set.class_counts(rows);
    for (std::size_t c = 0; c < counts.size(); ++c) {
        if (counts[c] == 0) missing.push_back(c);
    }
    return missing;
}

void check_trainable(const TrainingSet& set, const Fold& fold, const char* remedy) {
    const auto missing = labels_without(set, fold.train);
    if (missing.empty()) return;
    throw Error(fmt::format("all of '{}' would be held out, leaving none to train on ({})",
                            set.labels[missing.front()], remedy));
}

/// Moves what has labels that training lacks from validation to training: whole groups, or single rows.
void learn_what_is_missing(const TrainingSet& set, SplitBy by, Fold& fold) {
    const auto missing = labels_without(set, fold.train);
    if (missing.empty()) return;
    std::map<std::string, Rows> units;
    for (const std::int64_t row : fold.validation) {
        const bool alone = by == SplitBy::frame;
        units[alone ? fmt::format("{}", row) : set.item_of(row).group].push_back(row);
    }
    fold.validation.clear();
    for (auto& [name, rows] : units) {
        const auto absent = labels_without(set, rows);
        const bool needed = std::ranges::any_of(
            missing, [&](std::size_t c) { return !std::ranges::binary_search(absent, c); });
        auto& side = needed ? fold.train : fold.validation;
        side.insert(side.end(), rows.begin(), rows.end());
    }
    std::ranges::sort(fold.train);
    std::ranges::sort(fold.validation);
}

}  // namespace

Fold hold_out(const TrainingSet& set, SplitBy by, double share, std::uint64_t seed, Scarce scarce) {
    const bool alone = scarce == Scarce::learn && by == SplitBy::group && set.training_groups() < 2;
    if (share <= 0 || alone) return {set.labelled_rows(Role::train), {}};
    if (by == SplitBy::frame) return hold_out_frames(set, share, seed);
    const Units units = units_of(set);
    const dataset::Split split = dataset::split_by_group(units.items, share, seed);
    Fold fold{gather(units, split.train), gather(units, split.validation)};
    if (scarce == Scarce::learn) learn_what_is_missing(set, by, fold);
    check_trainable(set, fold, "add recordings with it, lower --validation, or try another --seed");
    return fold;
}

void set_aside_test(TrainingSet& set, double share, std::uint64_t seed) {
    const Units units = units_of(set);
    // Not the seed of the split into training and validation, or both would choose the same groups.
    for (const std::size_t i : dataset::split_by_group(units.items, share, ~seed).validation)
        set.items[units.of_set[i]].role = Role::test;
    check_trainable(set, {set.labelled_rows(Role::train), {}},
                    "add recordings with it, lower --test, or try another --seed");
}

std::vector<Fold> cross_validation_folds(const TrainingSet& set, SplitBy by, int folds, std::uint64_t seed,
                                         Scarce scarce) {
    std::vector<Fold> result;
    if (scarce == Scarce::learn && by == SplitBy::group) {
        folds = std::min(folds, static_cast<int>(set.training_groups()));
        if (folds < 2) return {};
    }
    if (by == SplitBy::frame) {
        const auto hands = deal_frames(set, static_cast<std::size_t>(folds), seed);
        for (std::size_t held = 0; held < hands.size(); ++held) {
            Fold fold{{}, hands[held]};
            for (std::size_t i = 0; i < hands.size(); ++i) {
                if (i != held) fold.train.insert(fold.train.end(), hands[i].begin(), hands[i].end());
            }
            std::ranges::sort(fold.train);
            result.push_back(std::move(fold));
        }
    } else {
        const Units units = units_of(set);
        for (const dataset::Split& split : dataset::folds_by_group(units.items, folds, seed)) {
            result.push_back({gather(units, split.train), gather(units, split.validation)});
        }
    }
    if (scarce == Scarce::learn) {
        for (Fold& fold : result) learn_what_is_missing(set, by, fold);
        std::erase_if(result, [](const Fold& fold) { return fold.validation.empty(); });
    }
    for (const Fold& fold : result) check_trainable(set, fold, "add recordings with it, or lower --folds");
    return result;
}

int usual_folds(const TrainingSet& set) {
    constexpr int kUsual = 5;
    constexpr std::size_t kFewGroups = 30, kFewRows = 1000;
    const std::size_t groups = set.training_groups();
    const bool few = groups <= kFewGroups && set.labelled_rows(Role::train).size() <= kFewRows;
    return few ? static_cast<int>(groups) : kUsual;
}

std::size_t count_groups(const TrainingSet& set, const Rows& rows) {
    std::set<std::string_view> groups;
    for (const std::int64_t row : rows) groups.insert(set.item_of(row).group);
    return groups.size();
}

}  // namespace earshot::train
