// Labels of whole recordings: what is learnt where nobody says which window shows it.

#include <gtest/gtest.h>

#include "metrics/metrics.h"
#include "model/scorer.h"
#include "network/architecture.h"
#include "network/compute_threads.h"
#include "support/output.h"
#include "train/folds.h"
#include "train/trainer.h"
#include "unit/model/fixtures.h"

namespace earshot::train {
namespace {

using test::error_of;
using test::saved_state;
using test::TemporaryDirectory;

/// Recordings of noise in 6 bands, 60 to 100 frames; every second one is positive and has, somewhere, a tone
/// that climbs through the bands within 6 frames, where the others have one that falls. Taken frame by frame,
/// or without order, both are the same.
TrainingSet tones(int recordings, bool tell) {
    TrainingSet set;
    set.dimension = 6;
    set.windowing = {24, 12, windows::Padding::minimum};
    set.target = model::Target::recording;
    set.labels = {"background", "rise"};
    set.background = "background";
    set.frontend = {{"kind", "logmel"}};
    std::mt19937 random(11);
    std::normal_distribution<float> normal;
    for (int r = 0; r < recordings; ++r) {
        const bool positive = r % 2 == 1;
        TrainingSet::Item item;
        item.group = item.path = std::to_string(r);
        item.digest = item.path;
        item.first = r;
        item.count = 1;
        item.frames = 60 + static_cast<std::int64_t>(random() % 41);
        std::vector<float> frames(static_cast<std::size_t>(item.frames * 6));
        for (float& value : frames) value = normal(random) - 8;
        const auto at = static_cast<std::int64_t>(random() % static_cast<unsigned>(item.frames - 6));
        for (std::int64_t i = 0; i < 6; ++i)
            frames[static_cast<std::size_t>((at + i) * 6 + (positive ? i : 5 - i))] += 6;
        if (positive && tell) item.marks = {{at, 6}};
        item.matrix = set.frames->add(std::move(frames));
        set.items.push_back(item);
    }
    std::vector<std::size_t> labels(static_cast<std::size_t>(recordings));
    for (std::size_t i = 1; i < labels.size(); i += 2) labels[i] = 1;
    test::label_recordings(set, labels);
    return set;
}

class MultipleInstanceTest : public testing::Test {
 protected:
    void SetUp() override {
        network::set_compute_threads(1);
        network_.kind = "cnn";
        network_.frames = 24;
        network_.inputs = 6;
        network_.input.compression = {"none", 0};
        network_.input.standardise = "mean";
        network_.answer = {"sigmoid", 2, 0};
        options_.epochs = 25;
        options_.batch = 8;
        options_.learning_rate = 3e-3;
        options_.criterion = Criterion::score;
        options_.patience = 0;
    }

    Trainer trainer(const TrainingSet& set) const {
        const Fold fold = hold_out(set, SplitBy::group, 0.3, 1);
        return Trainer(set, network::describe_network(network_), fold.train, fold.validation, options_);
    }
    static void run(Trainer& trainer) {
        while (!trainer.finished()) ASSERT_TRUE(trainer.run_epoch());
    }
    /// Area under the ROC curve on the recordings of another set.
    static double area(const Trainer& trainer, const TrainingSet& set) {
        const auto scores = trainer.score(set.labelled_rows(Role::validation));
        std::vector<float> positive_scores;
        const auto labels = test::labels_of(set);
        const auto truth = std::make_unique<bool[]>(labels.size());
        for (std::size_t i = 0; i < scores.size(); i += 2) {
            positive_scores.push_back(scores[i + 1]);
            truth[i / 2] = labels[labels.size() / 2 + i / 2] == 1;
        }
        return metrics::roc_auc(positive_scores, {truth.get(), positive_scores.size()});
    }

    network::NetworkOptions network_;
    FitOptions options_;
};

/// The second half of the recordings for nothing but judging.
void set_half_aside(TrainingSet& set) {
    for (std::size_t i = set.items.size() / 2; i < set.items.size(); ++i)
        set.items[i].role = Role::validation;
}

TEST_F(MultipleInstanceTest, what_recordings_have_in_common_is_found_with_and_without_marks) {
    for (const bool tell : {true, false}) {
        TrainingSet set = tones(160, tell);
        set_half_aside(set);
        Trainer able = trainer(set);
        run(able);
        EXPECT_GT(area(able, set), 0.85) << (tell ? "marked" : "unmarked");
    }
}

TEST_F(MultipleInstanceTest, nothing_is_found_where_there_is_nothing) {
    TrainingSet set = tones(160, false);
    std::mt19937 random(3);
    std::vector<std::size_t> labels;
    while (labels.size() < 160) labels.push_back(random() % 2);
    test::label_recordings(set, labels);
    set_half_aside(set);
    options_.epochs = 10;
    Trainer guessing = trainer(set);
    run(guessing);
    EXPECT_NEAR(area(guessing, set), 0.5, 0.2);
}

TEST_F(MultipleInstanceTest, is_reproducible_and_can_be_resumed) {
    const TrainingSet set = tones(24, true);
    options_.epochs = 4;
    options_.augment.gain_jitter_db = 3;
    network_.dropout = 0.3;
    Trainer whole = trainer(set), again = trainer(set), begun = trainer(set);
    run(whole);
    run(again);
    EXPECT_EQ(saved_state(whole), saved_state(again));
    const TemporaryDirectory directory;
    begun.run_epoch();
    begun.run_epoch();
    begun.save(directory.path().string());
    Trainer resumed = trainer(set);
    resumed.resume(directory.path().string());
    run(resumed);
    EXPECT_EQ(saved_state(whole), saved_state(resumed));
    EXPECT_EQ(to_json(whole.history().back()), to_json(resumed.history().back()));
    options_.windows_per_recording = 3;
    EXPECT_NE(error_of([&] {
                  trainer(set).resume(directory.path().string());
              }).find("\"windows_per_recording\" was 4"),
              std::string::npos);
}

TEST_F(MultipleInstanceTest,
       the_epoch_with_the_best_score_is_kept_and_of_equals_the_lower_loss_or_the_later) {
    TrainingSet set = tones(60, true);
    options_.epochs = 12;
    for (const Schedule schedule : {Schedule::constant, Schedule::one_cycle}) {
        options_.schedule = schedule;
        Trainer some = trainer(set);
        run(some);
        const auto& history = some.history();
        int best = 1;
        for (const Epoch& epoch : history) {
            const Epoch& so_far = history[static_cast<std::size_t>(best - 1)];
            const bool lower =
                *epoch.validation_loss < *so_far.validation_loss || schedule == Schedule::one_cycle;
            const bool better = *epoch.validation_score > *so_far.validation_score ||
                                (*epoch.validation_score == *so_far.validation_score && lower);
            if (better) best = epoch.number;
        }
        EXPECT_EQ(some.best_epoch(), best);
    }
}

TEST_F(MultipleInstanceTest, answers_that_exclude_each_other_have_no_maximum_over_windows) {
    network_.answer = {"softmax", 2, 0};
    const TrainingSet set = tones(20, true);
    EXPECT_NE(error_of([&] { trainer(set); }).find("(--loss sigmoid)"), std::string::npos);
}

}  // namespace
}  // namespace earshot::train
