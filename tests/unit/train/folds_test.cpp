#include "train/folds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "train/thinning.h"
#include "unit/model/fixtures.h"

namespace earshot::train {
namespace {

using test::error_of;
using test::make_set;

std::set<std::string> groups_of(const TrainingSet& set, const Rows& rows) {
    std::set<std::string> groups;
    for (const auto row : rows) {
        for (const auto& item : set.items) {
            if (row >= item.first && row < item.first + item.count) groups.insert(item.group);
        }
    }
    return groups;
}

Rows together(const Fold& fold) {
    Rows all = fold.train;
    all.insert(all.end(), fold.validation.begin(), fold.validation.end());
    std::ranges::sort(all);
    return all;
}

TEST(Folds, hold_out_keeps_recordings_whole) {
    const TrainingSet set = make_set(10, 30, 3, 2);
    const Fold fold = hold_out(set, SplitBy::group, 0.3, 7);
    EXPECT_EQ(together(fold), set.labelled_rows(Role::train));
    const auto train = groups_of(set, fold.train), validation = groups_of(set, fold.validation);
    EXPECT_FALSE(validation.empty());
    for (const auto& group : validation) EXPECT_FALSE(train.contains(group)) << group;
}

TEST(Folds, recordings_of_one_group_stay_together) {
    TrainingSet set = make_set(8, 30, 2, 2);
    for (std::size_t i = 0; i < set.items.size(); ++i) set.items[i].group = "g" + std::to_string(i / 2);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Fold fold = hold_out(set, SplitBy::group, 0.4, seed);
        const auto train = groups_of(set, fold.train);
        for (const auto& group : groups_of(set, fold.validation)) EXPECT_FALSE(train.contains(group));
    }
}

TEST(Folds, frames_without_a_class_are_on_neither_side) {
    TrainingSet set = make_set(6, 30, 2, 2);
    auto labels = test::labels_of(set);
    for (std::size_t i = 0; i < labels.size(); i += 3) labels[i].reset();
    test::label_frames(set, labels);
    EXPECT_EQ(set.labelled_rows(Role::train).size(), 120U);
    for (const SplitBy by : {SplitBy::group, SplitBy::frame}) {
        EXPECT_EQ(together(hold_out(set, by, 0.3, 1)), set.labelled_rows(Role::train));
    }
}

TEST(Folds, one_recording_can_only_be_split_by_frame) {
    const TrainingSet set = make_set(1, 100, 2, 2);
    EXPECT_NE(error_of([&] { hold_out(set, SplitBy::group, 0.3, 1); }), "no error");
    const Fold fold = hold_out(set, SplitBy::frame, 0.3, 1);
    EXPECT_EQ(together(fold), set.labelled_rows(Role::train));
    EXPECT_EQ(fold.validation.size(), 30U);
}

// The original's split is neither stratified nor seeded: 37 of 100 splits of 10 rows had no positive to train
// on.
TEST(Folds, micmon_21_splits_of_frames_are_stratified_and_seeded) {
    TrainingSet set = make_set(1, 10, 2, 2);
    test::label_frames(set, {1, 1, 0, 0, 0, 0, 0, 0, 0, 0});
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Fold fold = hold_out(set, SplitBy::frame, 0.3, seed);
        EXPECT_EQ(set.class_counts(fold.train), (std::vector<std::int64_t>{6, 1})) << seed;
        EXPECT_EQ(set.class_counts(fold.validation), (std::vector<std::int64_t>{2, 1})) << seed;
        EXPECT_EQ(fold.train, hold_out(set, SplitBy::frame, 0.3, seed).train);
    }
    EXPECT_NE(hold_out(set, SplitBy::frame, 0.3, 1).train, hold_out(set, SplitBy::frame, 0.3, 2).train);
}

TEST(Folds, micmon_21_splits_by_recording_are_seeded) {
    const TrainingSet set = make_set(12, 20, 3, 2);
    const auto train = [&](std::uint64_t seed) { return hold_out(set, SplitBy::group, 0.3, seed).train; };
    EXPECT_EQ(train(5), train(5));
    std::set<Rows> different;
    for (std::uint64_t seed = 0; seed < 10; ++seed) different.insert(train(seed));
    EXPECT_GT(different.size(), 1U);
}

TEST(Folds, a_class_must_not_vanish_from_training) {
    TrainingSet set = make_set(2, 20, 2, 2);
    test::label_recordings(set, {0, 1});
    EXPECT_NE(error_of([&] { hold_out(set, SplitBy::group, 0.5, 1); }).find("would be held out"),
              std::string::npos);
}

TEST(Folds, what_is_scarce_is_learnt_and_not_held_out) {
    TrainingSet set = make_set(5, 20, 2, 2);
    test::label_recordings(set, {0, 0, 0, 0, 1});
    const auto ones = [&](const Rows& rows) { return set.class_counts(rows)[1]; };
    const auto folds = cross_validation_folds(set, SplitBy::group, 9, 1, Scarce::learn);
    std::set<std::int64_t> held_out;
    for (const Fold& fold : folds) {
        EXPECT_EQ(ones(fold.train), 20);
        EXPECT_EQ(together(fold), set.labelled_rows(Role::train));
        for (const auto row : fold.validation) EXPECT_TRUE(held_out.insert(row).second);
    }
    EXPECT_EQ(held_out.size(), 80U);
    for (std::uint64_t seed = 0; seed < 5; ++seed)
        EXPECT_EQ(ones(hold_out(set, SplitBy::group, 0.3, seed, Scarce::learn).train), 20);
}

TEST(Folds, nothing_is_held_out_where_each_class_has_one_recording) {
    TrainingSet set = make_set(2, 20, 2, 2);
    test::label_recordings(set, {0, 1});
    EXPECT_TRUE(cross_validation_folds(set, SplitBy::group, 2, 1, Scarce::learn).empty());
    const Fold fold = hold_out(set, SplitBy::group, 0.5, 1, Scarce::learn);
    EXPECT_EQ(fold.train, set.labelled_rows(Role::train));
    EXPECT_TRUE(fold.validation.empty());
    const TrainingSet one = make_set(1, 20, 2, 2);
    EXPECT_TRUE(hold_out(one, SplitBy::group, 0.3, 1, Scarce::learn).validation.empty());
}

TEST(Thinning, labels_with_few_keep_all_and_the_others_share_the_rest) {
    using Counts = std::vector<std::int64_t>;
    EXPECT_EQ(thinned_counts(Counts{100, 3, 0, 40}, 20), (Counts{8, 3, 0, 8}));
    EXPECT_EQ(thinned_counts(Counts{5, 4, 1}, 10), (Counts{5, 4, 1}));
    EXPECT_EQ(thinned_counts(Counts{5, 5, 5}, 2), (Counts{1, 1, 1}));
}

TEST(Thinning, examples_are_spread_over_recordings) {
    const TrainingSet set = make_set(10, 30, 3, 2);
    const Rows all = set.labelled_rows(Role::train), some = thinned(set, all, 60);
    EXPECT_EQ(set.class_counts(some), thinned_counts(set.class_counts(all), 60));
    EXPECT_TRUE(std::ranges::is_sorted(some));
    EXPECT_EQ(groups_of(set, some).size(), 10U);
    EXPECT_EQ(thinned(set, all, 300), all);
}

TEST(Folds, each_frame_is_held_out_once) {
    const TrainingSet set = make_set(9, 20, 3, 2);
    for (const SplitBy by : {SplitBy::group, SplitBy::frame}) {
        std::map<std::int64_t, int> held;
        const auto folds = cross_validation_folds(set, by, 4, 3);
        ASSERT_EQ(folds.size(), 4U);
        for (const Fold& fold : folds) {
            EXPECT_EQ(together(fold), set.labelled_rows(Role::train));
            for (const auto row : fold.validation) ++held[row];
        }
        EXPECT_EQ(held.size(), static_cast<std::size_t>(set.examples()));
        for (const auto& [row, times] : held) EXPECT_EQ(times, 1) << row;
    }
}

TEST(Folds, nothing_held_out_is_everything_to_learn_from) {
    const TrainingSet set = make_set(1, 20, 2, 2);
    const Fold fold = hold_out(set, SplitBy::group, 0, 1);
    EXPECT_EQ(fold.train, set.labelled_rows(Role::train));
    EXPECT_TRUE(fold.validation.empty());
}

}  // namespace
}  // namespace earshot::train
