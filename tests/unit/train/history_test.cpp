#include "train/history.h"

#include <gtest/gtest.h>

#include "train/schedule.h"

namespace earshot::train {
namespace {

Epoch epoch(int number, std::optional<double> validation_loss, std::optional<double> score = {}) {
    return {number, 1.0 / number, 0.5, validation_loss, {}, score};
}

TEST(History, keeps_the_lowest_validation_loss) {
    History history(false);
    EXPECT_EQ(history.best_epoch(), 0);
    EXPECT_TRUE(history.add(epoch(1, 0.5)));
    EXPECT_TRUE(history.add(epoch(2, 0.4)));
    EXPECT_FALSE(history.add(epoch(3, 0.4)));
    EXPECT_FALSE(history.add(epoch(4, 0.6)));
    EXPECT_EQ(history.best_epoch(), 2);
}

TEST(History, keeps_the_last_where_there_is_no_validation) {
    History history(false);
    Epoch worse = epoch(2, {});
    worse.loss = 9;
    EXPECT_TRUE(history.add(epoch(1, {})));
    EXPECT_TRUE(history.add(worse));
    EXPECT_EQ(history.best_epoch(), 2);
}

TEST(History, of_equal_scores_keeps_the_lower_loss_or_where_steps_fall_the_later) {
    for (const bool settles : {false, true}) {
        History history(settles);
        EXPECT_TRUE(history.add(epoch(1, 0.5, 0.8)));
        EXPECT_EQ(history.add(epoch(2, 0.6, 0.8)), settles);
        EXPECT_FALSE(history.add(epoch(3, 0.1, 0.7)));
        EXPECT_TRUE(history.add(epoch(4, 0.9, 0.9)));
    }
}

TEST(History, plateau_halves_the_rate_after_each_spell_without_a_better_epoch) {
    History history(true);
    history.add(epoch(1, 0.5));
    for (int i = 0; i < kPlateauEpochs - 1; ++i) history.add(epoch(history.size() + 1, 0.6));
    EXPECT_EQ(history.plateau_share(), 1);
    history.add(epoch(history.size() + 1, 0.4));  // begins a new spell
    for (int i = 0; i < kPlateauEpochs; ++i) history.add(epoch(history.size() + 1, 0.6));
    EXPECT_EQ(history.plateau_share(), 0.5);
    for (int i = 0; i < kPlateauEpochs; ++i) history.add(epoch(history.size() + 1, 0.6));
    EXPECT_EQ(history.plateau_share(), 0.25);
}

TEST(History, is_read_as_it_was_written) {
    History written(true), read(true);
    written.add(epoch(1, 0.5, 0.8));
    written.add(epoch(2, 0.25, 0.9));
    written.add(epoch(3, 0.75, 0.1));
    ASSERT_TRUE(read.read(written.json(), true, true));
    EXPECT_EQ(read.json(), written.json());
    EXPECT_EQ(read.best_epoch(), 2);
}

TEST(History, refuses_one_of_a_run_that_was_judged_otherwise) {
    History written(false), read(false);
    EXPECT_FALSE(read.read(written.json(), true, false)) << "no epoch at all";
    written.add(epoch(1, 0.5));
    EXPECT_FALSE(read.read(written.json(), false, false));
    EXPECT_FALSE(read.read(written.json(), true, true));
    auto json = written.json();
    json["best_epoch"] = 2;
    EXPECT_FALSE(read.read(json, true, false));
    EXPECT_EQ(read.size(), 0);
    json.erase("best_epoch");
    EXPECT_THROW(read.read(json, true, false), nlohmann::json::exception);
}

}  // namespace
}  // namespace earshot::train
