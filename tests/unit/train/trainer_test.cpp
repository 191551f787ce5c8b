#include "train/trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/scorer.h"
#include "network/architecture.h"
#include "network/compute_threads.h"
#include "support/output.h"
#include "train/cross_validation.h"
#include "train/folds.h"
#include "unit/model/fixtures.h"

namespace earshot::train {
namespace {

using test::error_of;
using test::make_set;
using test::mlp_architecture;
using test::saved_state;
using test::TemporaryDirectory;

class TrainerTest : public testing::Test {
 protected:
    void SetUp() override {
        network::set_compute_threads(1);
        fold_ = hold_out(set_, SplitBy::group, 0.3, 1);
        options_.epochs = 12;
        options_.augment.gain_jitter_db = 3;  // so that the random generator matters in every epoch
    }

    Trainer trainer() const {
        return Trainer(set_, mlp_architecture(set_.dimension, 3, {}, 0.3), fold_.train, fold_.validation,
                       options_);
    }

    static void run(Trainer& trainer) {
        while (!trainer.finished()) ASSERT_TRUE(trainer.run_epoch());
    }

    TrainingSet set_ = make_set(10, 30, 3, 12);
    Fold fold_;
    FitOptions options_;
};

double accuracy(const TrainingSet& set, const Rows& rows, const std::vector<float>& scores) {
    const std::size_t classes = set.labels.size();
    int right = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto* row = scores.data() + i * classes;
        right += std::max_element(row, row + classes) - row ==
                 static_cast<std::int64_t>(set.label_of(rows[i]).value());
    }
    return static_cast<double>(right) / static_cast<double>(rows.size());
}

TEST_F(TrainerTest, learns_what_can_be_learnt_and_nothing_else) {
    options_.epochs = 60;
    Trainer able = trainer();
    run(able);
    EXPECT_GT(accuracy(set_, fold_.validation, able.score(fold_.validation)), 0.95);

    set_ = make_set(10, 30, 3, 12, 0);  // frames that say nothing of their class
    Trainer guessing = trainer();
    run(guessing);
    EXPECT_LT(accuracy(set_, fold_.validation, guessing.score(fold_.validation)), 0.5);
}

TEST_F(TrainerTest, is_reproducible_bit_for_bit_on_one_thread) {
    Trainer first = trainer(), second = trainer();
    run(first);
    run(second);
    EXPECT_EQ(saved_state(first), saved_state(second));
    options_.seed = 1;
    Trainer other = trainer();
    run(other);
    EXPECT_NE(saved_state(first), saved_state(other));
}

TEST_F(TrainerTest, a_resumed_run_equals_one_that_never_stopped) {
    Trainer whole = trainer();
    run(whole);
    for (const int stop : {1, 5, 11}) {
        const TemporaryDirectory directory;
        Trainer begun = trainer();
        for (int i = 0; i < stop; ++i) begun.run_epoch();
        begun.save(directory.path().string());
        Trainer resumed = trainer();
        resumed.resume(directory.path().string());
        EXPECT_EQ(resumed.history().size(), static_cast<std::size_t>(stop));
        run(resumed);
        EXPECT_EQ(saved_state(resumed), saved_state(whole)) << stop;
        EXPECT_EQ(to_json(resumed.history().back()), to_json(whole.history().back()));
    }
}

TEST_F(TrainerTest, resuming_another_run_is_refused) {
    const TemporaryDirectory directory;
    EXPECT_NE(error_of([&] { trainer().resume(directory.path().string()); }).find("has no checkpoint"),
              std::string::npos);
    Trainer begun = trainer();
    begun.run_epoch();
    begun.save(directory.path().string());
    options_.learning_rate = 0.5;
    EXPECT_NE(error_of([&] {
                  trainer().resume(directory.path().string());
              }).find("cannot resume: \"learning_rate\" was 0.001 and is now 0.5"),
              std::string::npos);
    options_.learning_rate = 1e-3;
    set_.items[0].digest = "other";
    set_.items[9].digest = "other";
    EXPECT_NE(error_of([&] { trainer().resume(directory.path().string()); }).find("_data\" was"),
              std::string::npos);
    write_text(directory / "checkpoint.json", "{}");
    EXPECT_NE(error_of([&] { trainer().resume(directory.path().string()); }).find("not a checkpoint"),
              std::string::npos);
}

TEST_F(TrainerTest, a_checkpoint_from_before_a_setting_has_its_usual_value) {
    const TemporaryDirectory directory;
    Trainer begun = trainer();
    begun.run_epoch();
    begun.save(directory.path().string());
    auto json = nlohmann::ordered_json::parse(read_text(directory / "checkpoint.json"));
    for (const char* key : {"schedule", "device", "clip"}) ASSERT_EQ(json["run"].erase(key), 1U) << key;
    ASSERT_EQ(json["run"]["augment"].erase("flip"), 1U);
    write_text(directory / "checkpoint.json", json.dump());
    EXPECT_NO_THROW(trainer().resume(directory.path().string()));
    options_.clip = 2;
    EXPECT_NE(error_of([&] {
                  trainer().resume(directory.path().string());
              }).find("\"clip\" was 0.0 and is now 2.0"),
              std::string::npos);
}

TEST_F(TrainerTest, resuming_with_another_schedule_is_refused) {
    const TemporaryDirectory directory;
    options_.schedule = Schedule::cosine;
    Trainer begun = trainer();
    begun.run_epoch();
    begun.save(directory.path().string());
    options_.schedule = Schedule::constant;
    EXPECT_NE(error_of([&] {
                  trainer().resume(directory.path().string());
              }).find("\"schedule\" was \"cosine\" and is now \"constant\""),
              std::string::npos);
}

TEST_F(TrainerTest, keeps_the_weights_of_the_lowest_validation_loss) {
    set_ = make_set(10, 30, 3, 12, 0.3);  // hard enough to overfit
    options_ = {};
    options_.epochs = 200;
    options_.learning_rate = 1e-2;
    options_.patience = 5;
    Trainer overfitting = trainer();
    run(overfitting);
    const auto& history = overfitting.history();
    int best = 1;
    for (const Epoch& epoch : history) {
        if (*epoch.validation_loss < *history[static_cast<std::size_t>(best - 1)].validation_loss)
            best = epoch.number;
    }
    EXPECT_EQ(overfitting.best_epoch(), best);
    EXPECT_EQ(static_cast<int>(history.size()), best + 5);

    // Its scores give the loss that the history has for that epoch: balanced cross-entropy, from its
    // definition.
    const auto scores = overfitting.score(fold_.validation);
    const auto counts = set_.class_counts(fold_.train);
    double loss = 0, weight = 0;
    for (std::size_t i = 0; i < fold_.validation.size(); ++i) {
        const auto truth = set_.label_of(fold_.validation[i]).value();
        const double share = 1.0 / static_cast<double>(counts[truth]);
        loss -= share * std::log(static_cast<double>(scores[i * 3 + truth]));
        weight += share;
    }
    EXPECT_NEAR(loss / weight, *history[static_cast<std::size_t>(best - 1)].validation_loss, 1e-5);
}

TEST_F(TrainerTest, without_validation_the_last_epoch_counts) {
    fold_ = hold_out(set_, SplitBy::group, 0, 1);
    options_.patience = 1;
    Trainer all = trainer();
    run(all);
    EXPECT_EQ(all.best_epoch(), 12);
    EXPECT_FALSE(all.history().back().validation_loss);
}

// 95 frames of one class and 5 of the other, which overlap: left alone, the network hardly ever names the
// rare one.
TEST_F(TrainerTest, balanced_weights_make_a_rare_class_heard) {
    set_ = make_set(10, 60, 2, 6, 0.4);
    Rows rare_made;
    int seen = 0;
    for (std::int64_t row = 0; row < set_.examples(); ++row) {
        if (set_.label_of(row) == 0U || ++seen % 10 == 0) rare_made.push_back(row);
    }
    const auto recall = [&](bool balanced) {
        FitOptions options;
        options.epochs = 30;
        options.balance = balanced ? Balance::weights : Balance::none;
        Trainer trainer(set_, mlp_architecture(6, 2, {}, 0), rare_made, {}, options);
        run(trainer);
        Rows rare;
        for (const auto row : rare_made) {
            if (set_.label_of(row) == 1U) rare.push_back(row);
        }
        return accuracy(set_, rare, trainer.score(rare));
    };
    EXPECT_GT(recall(true), recall(false) + 0.2);
}

TEST_F(TrainerTest, divergence_is_an_error_with_a_remedy) {
    options_.learning_rate = 10;
    options_.weight_decay = 100;  // each step multiplies the weights by -999
    options_.epochs = 1000;
    EXPECT_NE(error_of([&] {
                  Trainer wild = trainer();
                  run(wild);
              }).find("(lower --learning-rate, 10 now)"),
              std::string::npos);
}

TEST_F(TrainerTest, cross_validation_scores_every_row_by_a_network_that_has_not_seen_it) {
    // Frames that say nothing of their class but can be recognised one by one: only leakage could score well.
    set_ = make_set(12, 20, 2, 40, 0);
    options_.epochs = 40;
    options_.augment.gain_jitter_db = 0;
    const auto folds = cross_validation_folds(set_, SplitBy::group, 4, 1);
    int epochs = 0;
    const auto result = cross_validate(set_, mlp_architecture(40, 2, {}, 0), folds, options_,
                                       [&](std::size_t, const Epoch&) { ++epochs; });
    metrics::Evaluation held_out(set_.labels);
    add_scores(set_, result.rows, result.scores, held_out);
    EXPECT_EQ(held_out.confusion().total(), static_cast<std::uint64_t>(set_.examples()));
    EXPECT_EQ(result.folds.size(), 4U);
    EXPECT_GE(epochs, 4);
    EXPECT_LT(held_out.confusion().accuracy(), 0.65);
}

}  // namespace
}  // namespace earshot::train
