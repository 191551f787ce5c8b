#include "train/trained_model.h"

#include <gtest/gtest.h>

#include "model/scorer.h"
#include "network/compute_threads.h"
#include "unit/model/fixtures.h"

namespace earshot::train {
namespace {

using test::make_set;
using test::mlp_architecture;

class TrainedModelTest : public testing::Test {
 protected:
    void SetUp() override {
        network::set_compute_threads(1);
        training_.set = make_set(4, 20, 2, 4);
        training_.architecture = mlp_architecture(4, 2, {}, 0);
        training_.fit.epochs = 1;
    }

    TrainedModel describe() {
        Trainer trainer(training_.set, training_.architecture, training_.fold.train,
                        training_.fold.validation, training_.fit);
        trainer.run_epoch();
        return describe_model(training_, trainer);
    }

    /// Pretends that a cross-validation scored every example: 0.6 to 0.8 for its own class, and for the other
    /// class 0.1 to 0.3.
    void score_held_out() {
        training_.crossed.emplace();
        training_.crossed->folds = {{{"epochs", 1}}};
        for (const auto row : training_.set.labelled_rows(Role::train)) {
            training_.crossed->rows.push_back(row);
            for (std::int64_t c = 0; c < 2; ++c) {
                const bool own = training_.set.label_of(row) == static_cast<std::size_t>(c);
                training_.crossed->scores.push_back((own ? 0.6F : 0.1F) +
                                                    0.01F * static_cast<float>(row % 20));
            }
        }
    }

    Training training_;
};

TEST_F(TrainedModelTest, is_measured_on_validation_data_or_on_training_data_where_there_is_none) {
    training_.fold = hold_out(training_.set, SplitBy::group, 0.25, 1);
    const auto file = describe().file;
    EXPECT_EQ(file.graph, network::make_graph(training_.architecture).json());
    const auto& held_out = file.metrics;
    EXPECT_EQ(held_out["data"], "validation");
    EXPECT_EQ(held_out["thresholds_from"], "validation");
    EXPECT_EQ(held_out["windows"], 20);
    EXPECT_FALSE(held_out.contains("test"));

    training_.fold = {training_.set.labelled_rows(Role::train), {}};
    const auto all = describe().file.metrics;
    EXPECT_EQ(all["data"], "training");
    EXPECT_EQ(all["windows"], 80);
}

TEST_F(TrainedModelTest, takes_thresholds_from_held_out_scores_after_cross_validation) {
    training_.fold.train = training_.set.labelled_rows(Role::train);
    score_held_out();
    const auto model = describe();
    EXPECT_EQ(model.file.metrics["data"], "held-out");
    EXPECT_EQ(model.file.metrics["folds"], training_.crossed->folds);
    EXPECT_EQ(model.evaluation.confusion().accuracy(), 1);  // the network itself has hardly learnt
    for (const double threshold : model.file.thresholds) {
        EXPECT_GT(threshold, 0.29);
        EXPECT_LE(threshold, 0.6 + 1e-6);
    }
}

TEST_F(TrainedModelTest, names_the_labels_that_cannot_be_as_precise_as_wanted) {
    training_.fold.train = training_.set.labelled_rows(Role::train);
    score_held_out();
    training_.thresholds.precision = 0.9;
    EXPECT_EQ(describe().file.metrics["not_reached_by"], nlohmann::ordered_json::array());
    for (float& score : training_.crossed->scores) score = 0.5F;  // says nothing
    const auto metrics = describe().file.metrics;
    EXPECT_EQ(metrics["wanted_precision"], 0.9);
    EXPECT_EQ(metrics["not_reached_by"], training_.set.labels);
}

TEST_F(TrainedModelTest, measures_test_data_apart) {
    training_.set.items.back().role = Role::test;
    training_.fold = {training_.set.labelled_rows(Role::train), {}};
    const auto metrics = describe().file.metrics;
    EXPECT_EQ(metrics["windows"], 60);
    EXPECT_EQ(metrics["test"]["windows"], 20);
}

TEST_F(TrainedModelTest, an_open_set_has_unknown_as_its_last_label_and_unknown_sounds_among_its_data) {
    training_.set.unknown = "unknown";
    auto labels = test::labels_of(training_.set);
    std::fill(labels.begin(), labels.begin() + 7, training_.set.none_of_them());
    test::label_frames(training_.set, labels);
    EXPECT_EQ(training_.set.unknown_rows(Role::train), (Rows{0, 1, 2, 3, 4, 5, 6}));
    training_.fold = {training_.set.labelled_rows(Role::train), {}};
    const auto model = describe();
    EXPECT_EQ(model.file.labels, (std::vector<std::string>{"a", "b", "unknown"}));
    EXPECT_EQ(model.file.thresholds.back(), 0.5);
    EXPECT_EQ(model.file.metrics["windows"], 80);
    EXPECT_TRUE(model.evaluation.open_set());
}

}  // namespace
}  // namespace earshot::train
