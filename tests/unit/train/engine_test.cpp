// What training may be asked to do besides: gradients summed and cut, windows mixed, waveforms changed, rates
// that fall when nothing improves, several threads that load.

#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <numeric>

#include "model/scorer.h"
#include "network/compute_threads.h"
#include "network/torch/network.h"
#include "support/output.h"
#include "train/augmenter.h"
#include "train/folds.h"
#include "train/torch/adam.h"
#include "train/trainer.h"
#include "train/window_loader.h"
#include "unit/model/fixtures.h"

namespace earshot::train {
namespace {

using test::make_set;
using test::mlp_architecture;
using test::saved_state;
using test::TemporaryDirectory;

class Engine : public testing::Test {
 protected:
    void SetUp() override {
        network::set_compute_threads(1);
        fold_ = hold_out(set_, SplitBy::group, 0.3, 1);
        options_.epochs = 6;
    }

    Trainer trainer(double dropout = 0) const {
        return Trainer(set_, mlp_architecture(set_.dimension, 3, {}, dropout), fold_.train, fold_.validation,
                       options_);
    }

    std::string trained_weights(double dropout = 0.3) const {
        Trainer made = trainer(dropout);
        while (!made.finished()) made.run_epoch();
        return saved_state(made);
    }

    TrainingSet set_ = make_set(10, 30, 3, 12);
    Fold fold_;
    FitOptions options_;
};

TEST_F(Engine, batches_whose_gradients_are_summed_are_one_batch) {
    options_.batch = 32;
    Trainer one = trainer();
    options_.batch = 8;
    options_.accumulate = 4;
    Trainer four = trainer();
    options_.accumulate = 1;
    Trainer apart = trainer();
    for (int i = 0; i < 3; ++i) {
        const auto a = *one.run_epoch(), b = *four.run_epoch(), c = *apart.run_epoch();
        EXPECT_NEAR(*a.validation_loss, *b.validation_loss, 1e-4);
        EXPECT_GT(std::abs(*a.validation_loss - *c.validation_loss), 1e-3) << "the test would show nothing";
    }
}

TEST_F(Engine, a_resumed_run_equals_one_that_never_stopped_whatever_is_asked_for) {
    options_.accumulate = 3;
    options_.clip = 0.5;
    options_.mixup = 0.4;
    options_.balance = Balance::drawn;
    options_.loaders = 3;
    options_.augment.mask = 0.3;
    for (const auto schedule : {Schedule::constant, Schedule::plateau, Schedule::one_cycle}) {
        options_.schedule = schedule;
        options_.epochs = 14;
        options_.patience = 0;
        options_.learning_rate = 0.03;  // so high that validation soon stops falling
        const std::string whole = trained_weights();
        const TemporaryDirectory directory;
        Trainer begun = trainer(0.3);
        for (int i = 0; i < 9; ++i) begun.run_epoch();
        begun.save(directory.path().string());
        Trainer resumed = trainer(0.3);
        resumed.resume(directory.path().string());
        while (!resumed.finished()) resumed.run_epoch();
        EXPECT_EQ(saved_state(resumed), whole);
        if (schedule == Schedule::plateau) {
            options_.schedule = Schedule::constant;
            EXPECT_NE(trained_weights(), whole)
                << "the rate never fell, so that the test shows nothing of it";
        }
    }
}

TEST_F(Engine, each_setting_changes_what_is_learnt) {
    const std::string plain = trained_weights();
    const auto with = [&](auto change) {
        const FitOptions before = options_;
        change(options_);
        const std::string changed = trained_weights();
        options_ = before;
        return changed;
    };
    EXPECT_NE(with([](auto& o) { o.clip = 0.01; }), plain);
    EXPECT_EQ(with([](auto& o) { o.clip = 1e6; }), plain);
    EXPECT_NE(with([](auto& o) { o.mixup = 0.4; }), plain);
    EXPECT_NE(with([](auto& o) { o.balance = Balance::drawn; }), plain);
    EXPECT_EQ(with([](auto& o) { o.loaders = 5; }), plain);
}

TEST_F(Engine, classes_are_drawn_equally_often) {
    // A rare class that nothing tells from others: what is learnt is how often each was seen.
    set_ = make_set(10, 60, 2, 4, 0);
    std::vector<std::optional<std::size_t>> labels(600, 0);
    for (std::size_t i = 0; i < labels.size(); i += 10) labels[i] = 1;
    test::label_frames(set_, labels);
    options_.epochs = 20;
    options_.learning_rate = 0.02;
    const auto rare = [&](Balance balance) {
        options_.balance = balance;
        Trainer made(set_, mlp_architecture(4, 2, {}, 0), fold_.train, {}, options_);
        while (!made.finished()) made.run_epoch();
        const auto scores = made.score(fold_.train);
        double sum = 0;
        for (std::size_t i = 1; i < scores.size(); i += 2) sum += scores[i];
        return 2 * sum / static_cast<double>(scores.size());
    };
    fold_.train = set_.labelled_rows(Role::train);
    EXPECT_NEAR(rare(Balance::none), 0.1, 0.05);
    EXPECT_NEAR(rare(Balance::drawn), 0.5, 0.12);
}

TEST(Epochs, are_more_where_data_are_too_few_for_the_steps) {
    FitOptions options;
    options.epochs = 20;
    options.batch = 4;
    EXPECT_EQ(epochs_of(options, 10), 20);
    options.min_steps = 60;
    EXPECT_EQ(epochs_of(options, 10), 20);  // of 3 steps
    EXPECT_EQ(epochs_of(options, 8), 30);
    EXPECT_EQ(epochs_of(options, 1000), 20);
    options.min_steps = 61;
    EXPECT_EQ(epochs_of(options, 8), 31);
    options.accumulate = 3;
    EXPECT_EQ(epochs_of(options, 10), 61);
}

TEST(Adam, cuts_the_gradient_of_a_step_to_a_norm) {
    // The first step of Adam is as long whatever the gradient is, so its moments are looked at.
    const auto network = std::make_unique<network::Network>(mlp_architecture(3, 2, {}, 0));
    const auto moment = [&](double weight, double clip) {
        Adam adam(network->parameters(), 0);
        Adam::add(network->forward(torch::ones({4, 3})).sum() * 100);
        adam.step(weight, 0, clip);
        double square = 0;
        for (const auto& [name, tensor] : adam.state()) {
            if (name.starts_with("adam.mean.")) square += tensor.square().sum().item<double>();
        }
        return std::sqrt(square) / 0.1;  // the share of a gradient in the first mean
    };
    const double whole = moment(1, 0);
    EXPECT_NEAR(moment(2, 0), whole / 2, 1e-3 * whole);
    EXPECT_NEAR(moment(2, 3), 3, 1e-3);
    EXPECT_NEAR(moment(1, 2 * whole), whole, 1e-3 * whole);
}

TEST(WindowLoader, gives_the_same_batches_whatever_the_number_of_threads) {
    const TrainingSet set = make_set(4, 25, 2, 3);
    Rows rows(100);
    std::iota(rows.begin(), rows.end(), 0);
    const auto plan = all_windows(set, rows);
    AugmentOptions options;
    options.gain_jitter_db = 3;
    const Augmenter augmenter(options, FrameScale::magnitude);
    const auto all = [&](int threads) {
        WindowLoader loader(set, plan, 7, &augmenter, 1, threads);
        std::vector<float> values;
        while (const auto* batch = loader.next())
            values.insert(values.end(), batch->values.begin(), batch->values.end());
        EXPECT_EQ(loader.next(), nullptr);
        return values;
    };
    const auto one = all(1);
    EXPECT_EQ(one.size(), 300U);
    EXPECT_EQ(all(2), one);
    EXPECT_EQ(all(16), one);
    const WindowLoader abandoned(set, plan, 1, &augmenter, 1, 3);
}

class Waves : public testing::Test {
 protected:
    std::vector<float> changed(const AugmentOptions& options, std::uint64_t seed) const {
        const Augmenter augmenter(options, FrameScale::waveform);
        Random random(seed);
        std::vector<float> out(wave_.size());
        EXPECT_EQ(augmenter.source_frames(1, random), 1);
        augmenter.apply(wave_, out, wave_.size(), random);
        return out;
    }
    static double level(const std::vector<float>& wave) {
        return std::sqrt(std::inner_product(wave.begin(), wave.end(), wave.begin(), 0.0) /
                         static_cast<double>(wave.size()));
    }

    void SetUp() override {
        for (int i = 0; i < 4000; ++i)
            wave_.push_back(static_cast<float>(std::sin(2 * M_PI * 100 * i / 4000.0)));
        wave_[1000] = 3;
    }
    std::vector<float> wave_;
};

TEST_F(Waves, are_shifted_in_a_circle) {
    AugmentOptions options;
    options.shift = 0.5;
    bool left = false, right = false;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto shifted = changed(options, seed);
        const auto place = std::ranges::max_element(shifted) - shifted.begin();
        left = left || place < 800;
        right = right || place > 1200;
        std::ranges::rotate(shifted, shifted.begin() + (place + 3000) % 4000);
        EXPECT_EQ(shifted, wave_);
    }
    EXPECT_TRUE(left && right);
}

TEST_F(Waves, flip_and_gain_and_noise_and_mask_do_what_they_say) {
    AugmentOptions flip, noise, gain, mask;
    flip.flip = true;
    noise.noise = 0.5;
    gain.gain_jitter_db = 6;
    mask.mask = 0.5;
    int flipped = 0;
    double most = 0, silent = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        flipped += changed(flip, seed)[1000] < 0;
        auto added = changed(noise, seed);
        for (std::size_t i = 0; i < added.size(); ++i) added[i] -= wave_[i];
        most = std::max(most, level(added) / level(wave_));
        const auto louder = changed(gain, seed);
        EXPECT_NEAR(louder[1000] / wave_[1000], level(louder) / level(wave_), 1e-4);
        const auto masked = changed(mask, seed);
        silent = std::max(silent, static_cast<double>(std::ranges::count(masked, 0.0F)) / 4000);
    }
    EXPECT_GT(flipped, 8);
    EXPECT_LT(flipped, 32);
    EXPECT_GT(most, 0.4);
    EXPECT_LT(most, 0.51);
    EXPECT_GT(silent, 0.4);
    EXPECT_LT(silent, 0.53);
}

TEST_F(Waves, stretching_moves_the_pitch) {
    AugmentOptions options;
    options.stretch = 0.2;
    wave_[1000] = 0;
    double lowest = 1e9, highest = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto stretched = changed(options, seed);
        int crossings = 0;
        for (std::size_t i = 1; i < stretched.size(); ++i)
            crossings += stretched[i - 1] < 0 && stretched[i] >= 0;
        lowest = std::min<double>(lowest, crossings);
        highest = std::max<double>(highest, crossings);
    }
    EXPECT_NEAR(lowest, 80, 6);
    EXPECT_NEAR(highest, 120, 6);
}

TEST_F(Waves, are_left_alone_where_nothing_is_asked_for) { EXPECT_EQ(changed({}, 1), wave_); }

}  // namespace
}  // namespace earshot::train
