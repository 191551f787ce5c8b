#include "dataset/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

#include "support/error.h"

namespace earshot::dataset {
namespace {

constexpr int kMaxPasses = 50;
constexpr double kMissingClass = 1000;  // costs more than any imbalance

struct Group {
    std::vector<std::size_t> items;
    std::vector<double> counts;  // of frames by class, and of all frames last
};

std::vector<Group> collect_groups(std::span<const SplitItem> items) {
    std::size_t classes = 0;
    for (const auto& item : items) classes = std::max(classes, item.class_counts.size());
    std::map<std::string_view, Group> by_name;
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto& group = by_name[items[i].group];
        group.counts.resize(classes + 1, 0.0);
        group.items.push_back(i);
        for (std::size_t c = 0; c < items[i].class_counts.size(); ++c) {
            group.counts[c] += static_cast<double>(items[i].class_counts[c]);
            group.counts[classes] += static_cast<double>(items[i].class_counts[c]);
        }
    }
    std::vector<Group> groups;
    for (auto& [name, group] : by_name) groups.push_back(std::move(group));
    return groups;
}

void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
    // By hand, since std::shuffle gives different results in different standard libraries.
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
}

/// Distributes groups over parts of the wanted sizes so that each class is divided in the same proportions,
/// as far as whole groups allow: greedily, largest group first, then by single moves and swaps while they
/// help. The cost of a part is the sum of (fraction of the class - wanted fraction)^2 over all classes, and
/// the same for all frames together.
class Allocation {
 public:
    /// @param shares    wanted fraction of each part
    /// @param held_out  parts from this one on are validation data and must not hold all frames of a class
    Allocation(std::vector<Group> groups, std::vector<double> shares, std::size_t held_out,
               std::uint64_t seed)
        : groups_(std::move(groups)), shares_(std::move(shares)), held_out_(held_out), random_(seed) {
        const std::size_t columns = groups_.front().counts.size();
        totals_.assign(columns, 0.0);
        for (const auto& group : groups_) {
            for (std::size_t c = 0; c < columns; ++c) totals_[c] += group.counts[c];
        }
        sums_.assign(shares_.size(), std::vector<double>(columns, 0.0));
        members_.assign(shares_.size(), 0);
        part_.assign(groups_.size(), 0);
        place_greedily();
        for (int pass = 0; pass < kMaxPasses && (improve_by_moves() | improve_by_swaps()); ++pass) {
        }
    }

    const std::vector<Group>& groups() const { return groups_; }
    std::size_t part(std::size_t group) const { return part_[group]; }

 private:
    /// Cost of part p if it gained `more` and lost `less`.
    double cost(std::size_t p, const Group* more = nullptr, const Group* less = nullptr) const {
        double sum = 0;
        for (std::size_t c = 0; c < totals_.size(); ++c) {
            if (totals_[c] == 0) continue;
            const double count = sums_[p][c] + (more ? more->counts[c] : 0) - (less ? less->counts[c] : 0);
            const double off = count / totals_[c] - shares_[p];
            sum += off * off;
            if (p >= held_out_ && count == totals_[c]) sum += kMissingClass;
        }
        return sum;
    }

    void put(std::size_t g, std::size_t p, double sign) {
        for (std::size_t c = 0; c < totals_.size(); ++c) sums_[p][c] += sign * groups_[g].counts[c];
        members_[p] += sign > 0 ? 1 : -1;
    }

    void move(std::size_t g, std::size_t to) {
        put(g, part_[g], -1);
        put(g, to, 1);
        part_[g] = to;
    }

    void place_greedily() {
        auto order = random_order();
        std::ranges::stable_sort(order, std::greater(),
                                 [&](std::size_t g) { return groups_[g].counts.back(); });
        for (std::size_t n = 0; n < order.size(); ++n) {
            const auto& group = groups_[order[n]];
            // No part may stay empty: the last groups go to parts without any.
            const auto empty = static_cast<std::size_t>(std::ranges::count(members_, 0));
            const bool must_fill = order.size() - n <= empty;
            std::size_t best = shares_.size();
            double least = INFINITY;
            for (std::size_t p = 0; p < shares_.size(); ++p) {
                if (must_fill && members_[p] > 0) continue;
                const double change = cost(p, &group) - cost(p);
                if (change < least) least = change, best = p;
            }
            put(order[n], best, 1);
            part_[order[n]] = best;
        }
    }

    bool improve_by_moves() {
        bool improved = false;
        for (const auto g : random_order()) {
            for (std::size_t p = 0; p < shares_.size(); ++p) {
                const auto from = part_[g];
                if (p == from || members_[from] == 1) continue;
                const double before = cost(from) + cost(p);
                if (cost(from, nullptr, &groups_[g]) + cost(p, &groups_[g]) < before - kGain)
                    move(g, p), improved = true;
            }
        }
        return improved;
    }

    /// All pairs if there are few groups, else random pairs.
    bool improve_by_swaps() {
        bool improved = false;
        const auto order = random_order();
        const std::size_t partners = std::min<std::size_t>(order.size(), 64);
        for (const auto a : order) {
            const std::size_t first = random_() % order.size();
            for (std::size_t i = 0; i < partners; ++i) {
                const auto b = order[(first + i) % order.size()];
                const auto p = part_[a], q = part_[b];
                if (p == q) continue;
                const double before = cost(p) + cost(q);
                const double after = cost(p, &groups_[b], &groups_[a]) + cost(q, &groups_[a], &groups_[b]);
                if (after < before - kGain) move(a, q), move(b, p), improved = true;
            }
        }
        return improved;
    }

    std::vector<std::size_t> random_order() {
        std::vector<std::size_t> order(groups_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        shuffle(order, random_);
        return order;
    }

    static constexpr double kGain = 1e-12;  // anything less is rounding

    std::vector<Group> groups_;
    std::vector<double> shares_;
    std::size_t held_out_;
    std::mt19937_64 random_;
    std::vector<double> totals_;             // by class, and all
    std::vector<std::vector<double>> sums_;  // [part][class]
    std::vector<long> members_;              // groups in each part
    std::vector<std::size_t> part_;          // of each group
};

Split split_with(const Allocation& allocation, std::size_t validation_part) {
    Split split;
    for (std::size_t g = 0; g < allocation.groups().size(); ++g) {
        auto& side = allocation.part(g) == validation_part ? split.validation : split.train;
        const auto& items = allocation.groups()[g].items;
        side.insert(side.end(), items.begin(), items.end());
    }
    std::ranges::sort(split.train);
    std::ranges::sort(split.validation);
    return split;
}

}  // namespace

Split split_by_group(std::span<const SplitItem> items, double share, std::uint64_t seed) {
    if (!(share >= 0 && share < 1))
        throw UsageError(fmt::format("a validation fraction of {} is not in [0, 1)", share));
    if (items.empty()) throw Error("nothing to split: no recordings");
    if (share == 0) {
        Split all;
        all.train.resize(items.size());
        std::iota(all.train.begin(), all.train.end(), std::size_t{0});
        return all;
    }
    auto groups = collect_groups(items);
    if (groups.size() < 2) {
        throw Error(fmt::format(
            "all {} recordings are of one group, '{}', which cannot be split (give --validation 0, or "
            "recordings of several groups)",
            items.size(), items.front().group));
    }
    return split_with(Allocation(std::move(groups), {1 - share, share}, 1, seed), 1);
}

std::vector<Split> folds_by_group(std::span<const SplitItem> items, int folds, std::uint64_t seed) {
    if (folds < 2) throw UsageError(fmt::format("{} folds: at least 2 are needed", folds));
    auto groups = collect_groups(items);
    const auto parts = static_cast<std::size_t>(folds);
    if (groups.size() < parts) {
        throw Error(fmt::format(
            "{} folds need as many groups of recordings, but there are {} (give --folds {} or fewer)", folds,
            groups.size(), groups.size()));
    }
    const Allocation allocation(std::move(groups), std::vector(parts, 1.0 / folds), 0, seed);
    std::vector<Split> splits;
    for (std::size_t p = 0; p < parts; ++p) splits.push_back(split_with(allocation, p));
    return splits;
}

}  // namespace earshot::dataset
