#include "train/window_plan.h"

#include <gtest/gtest.h>

#include <set>

#include "train/window_loader.h"
#include "unit/model/fixtures.h"

namespace earshot::train {
namespace {

using test::make_set;

/// Recordings of 100 frames of one value, the number of the frame; the first one has its label at frames 60
/// to 69.
TrainingSet recordings() {
    TrainingSet set;
    set.dimension = 1;
    set.windowing = {20, 8, windows::Padding::minimum};
    set.target = model::Target::recording;
    set.labels = {"background", "phrase"};
    set.background = "background";
    for (const std::int64_t frames : {100, 100, 5}) {
        TrainingSet::Item item;
        item.first = static_cast<std::int64_t>(set.items.size());
        item.count = 1;
        item.frames = frames;
        std::vector<float> values;
        for (int i = 0; i < frames; ++i) values.push_back(static_cast<float>(i));
        item.matrix = set.frames->add(values);
        if (set.items.empty()) item.marks = {{60, 10}};
        set.items.push_back(item);
    }
    test::label_recordings(set, {1, 0, 0});
    return set;
}

TEST(WindowPlan, the_first_window_of_a_positive_is_centred_on_its_mark_and_the_rest_lie_anywhere) {
    const TrainingSet set = recordings();
    std::set<std::int64_t> elsewhere;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto plan = drawn_windows(set, {0, 1, 2}, 4, seed);
        ASSERT_EQ(plan.size(), 12U);
        EXPECT_EQ(plan[0].first, 55);  // 55 to 74 has 60 to 69 in its middle
        for (std::size_t i = 0; i < plan.size(); ++i) {
            EXPECT_EQ(plan[i].example, static_cast<std::int64_t>(i / 4));
            EXPECT_GE(plan[i].first, 0);
            EXPECT_LE(plan[i].first, i < 8 ? 80 : 0);  // of the short one there is only one
            if (i > 0 && i < 8) elsewhere.insert(plan[i].first);
        }
    }
    EXPECT_EQ(elsewhere.size(), 81U);  // every place is drawn sooner or later
}

TEST(WindowPlan, windows_on_marks_stay_within_the_recording_and_within_long_marks) {
    TrainingSet set = recordings();
    const auto first = [&](windows::RowSpan mark, std::uint64_t seed) {
        set.items[0].marks = {mark};
        return drawn_windows(set, {0}, 1, seed)[0].first;
    };
    EXPECT_EQ(first({0, 4}, 1), 0);
    EXPECT_EQ(first({96, 4}, 1), 80);
    std::set<std::int64_t> places;
    for (std::uint64_t seed = 0; seed < 200; ++seed) places.insert(first({30, 40}, seed));
    EXPECT_EQ(*places.begin(), 30);
    EXPECT_EQ(*places.rbegin(), 50);
}

TEST(WindowPlan, what_is_drawn_follows_from_the_seed) {
    const TrainingSet set = recordings();
    const auto firsts = [&](std::uint64_t seed) {
        std::vector<std::int64_t> all;
        for (const auto& place : drawn_windows(set, {0, 1}, 4, seed)) all.push_back(place.first);
        return all;
    };
    EXPECT_EQ(firsts(5), firsts(5));
    EXPECT_NE(firsts(5), firsts(6));
}

TEST(WindowPlan, recordings_are_judged_by_the_windows_that_cover_them) {
    const TrainingSet set = recordings();
    const auto plan = all_windows(set, {1, 2});
    EXPECT_EQ(plan.size(), 12U);  // 0, 8, ... 80 of the one, one of the other
    EXPECT_EQ(plan[10].first, 80);
    EXPECT_EQ(plan[11].example, 2);
}

TEST(WindowLoader, brings_the_windows_of_the_plan_in_order) {
    const TrainingSet set = recordings();
    const auto plan = all_windows(set, {0, 1, 2});
    for (const std::size_t batch_size : {1, 4, 5, 100}) {
        WindowLoader loader(set, plan, batch_size);
        std::size_t i = 0;
        while (const auto* batch = loader.next()) {
            EXPECT_LE(batch->count(), batch_size);
            for (std::size_t k = 0; k < batch->count(); ++k, ++i) {
                ASSERT_LT(i, plan.size());
                EXPECT_EQ(batch->examples[k], plan[i].example);
                EXPECT_EQ(batch->values[k * 20], static_cast<float>(plan[i].first));
                const float second = plan[i].example == 2 ? 0 : static_cast<float>(plan[i].first + 19);
                EXPECT_EQ(batch->values[k * 20 + 19], second);  // the short one is padded with its minimum
            }
        }
        EXPECT_EQ(i, plan.size());
    }
}

TEST(WindowLoader, may_be_left_before_its_end) {
    const TrainingSet set = recordings();
    const auto plan = all_windows(set, {0, 1});
    WindowLoader loader(set, plan, 1);
    EXPECT_NE(loader.next(), nullptr);
}

TEST(Augmenter, gain_moves_magnitudes_and_logarithms_alike) {
    const std::vector<float> magnitudes{0.5F, 2.0F, 0.1F};
    for (const auto& [scale, factor] :
         {std::pair{FrameScale::log_power, 2.0}, {FrameScale::log_magnitude, 1.0}}) {
        double sum_db = 0, squares_db = 0;
        constexpr int kDraws = 4000;
        for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
            auto plain = magnitudes, logarithms = magnitudes;
            for (float& value : logarithms) value = static_cast<float>(factor * std::log(value));
            AugmentOptions options;
            options.gain_jitter_db = 6;
            Random random(seed), same(seed);
            Augmenter(options, FrameScale::magnitude).apply(std::vector(plain), plain, 1, random);
            Augmenter(options, scale).apply(std::vector(logarithms), logarithms, 1, same);
            for (std::size_t i = 0; i < plain.size(); ++i)
                ASSERT_NEAR(factor * std::log(plain[i]), logarithms[i], 1e-5);
            const double gain_db = 20 * std::log10(plain[0] / magnitudes[0]);
            sum_db += gain_db;
            squares_db += gain_db * gain_db;
        }
        EXPECT_NEAR(sum_db / kDraws, 0, 0.3);
        EXPECT_NEAR(std::sqrt(squares_db / kDraws), 6, 0.3);
    }
}

TEST(Augmenter, overlays_samples_up_to_a_share_of_their_level) {
    AugmentOptions options;
    options.overlay = 0.5;
    const std::vector<float> window{3, -1, 0, 2, 0, 0}, background{0.1F, 0.1F, -0.2F, 0, 0.1F, -0.1F};
    const double ratio = std::sqrt((14.0 / 6) / (0.08 / 6));  // of levels
    double most = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed), same(seed);
        auto kept = window, peak = window;
        auto spoilt = background;
        Augmenter(options, FrameScale::waveform).overlay(spoilt, kept, random);
        spoilt = background;
        Augmenter(options, FrameScale::peak_waveform).overlay(spoilt, peak, same);
        const double share = (kept[4] - window[4]) / (background[4] * ratio);
        EXPECT_GE(share, 0);
        EXPECT_LT(share, 0.5);
        most = std::max(most, share);
        const float rescaled = 3 / std::abs(kept[0]);
        for (std::size_t i = 0; i < window.size(); ++i) {
            EXPECT_NEAR(kept[i], window[i] + share * ratio * background[i], 1e-5);
            EXPECT_NEAR(peak[i], kept[i] * rescaled, 1e-5);
        }
    }
    EXPECT_GT(most, 0.45);
}

TEST(Augmenter, overlays_the_powers_of_bands_whatever_their_scale) {
    AugmentOptions options;
    options.overlay = 1;
    const std::vector<float> window{0.5F, 2, 0.1F}, background{1, 0.25F, 4};
    for (const auto& [scale, factor] :
         {std::pair{FrameScale::log_power, 2.0}, {FrameScale::log_magnitude, 1.0}}) {
        Random random(3), same(3);
        auto magnitudes = window, logarithms = window, other = background;
        for (float& value : logarithms) value = static_cast<float>(factor * std::log(value));
        for (float& value : other) value = static_cast<float>(factor * std::log(value));
        auto spoilt = background;
        Augmenter(options, FrameScale::magnitude).overlay(spoilt, magnitudes, random);
        Augmenter(options, scale).overlay(other, logarithms, same);
        double share = 0;
        for (std::size_t i = 0; i < window.size(); ++i) {
            EXPECT_NEAR(factor * std::log(magnitudes[i]), logarithms[i], 1e-5);
            const double added = std::pow(magnitudes[i], 2) - std::pow(window[i], 2);
            if (i == 0) share = added / std::pow(background[i], 2);
            EXPECT_NEAR(added / std::pow(background[i], 2), share, 1e-4 * (1 + share));
        }
        EXPECT_GT(share, 0);
    }
    EXPECT_FALSE(Augmenter(options, FrameScale::other).overlays());
}

TEST(WindowLoader, overlays_windows_of_the_background_and_no_others) {
    TrainingSet set = recordings();
    set.target = model::Target::frame;
    set.windowing = {1, 1, windows::Padding::minimum};
    for (std::size_t i = 0; i < 3; ++i)
        set.items[i].matrix = set.frames->add(std::vector(100, i == 0 ? 1.0F : 0.0F));
    AugmentOptions options;
    options.overlay = 1;
    const Augmenter augmenter(options, FrameScale::magnitude);
    const std::vector<WindowPlace> plan(
        30, WindowPlace{0, 0});  // of the label alone: there is nothing to lay over it
    const auto all = [&](const std::vector<WindowPlace>& places) {
        WindowLoader loader(set, places, 8, &augmenter, 1);
        std::set<float> values;
        while (const auto* batch = loader.next()) values.insert(batch->values.begin(), batch->values.end());
        return values;
    };
    EXPECT_EQ(all(plan), std::set<float>{1});
    auto silent = plan;
    silent.push_back({1, 0});  // background, of no level: it changes nothing
    EXPECT_EQ(all(silent), (std::set<float>{0, 1}));
    set.items[1].matrix = set.frames->add(std::vector(100, 0.5F));
    EXPECT_GT(all(silent).size(), 25U);
    EXPECT_LT(*all(silent).rbegin(), std::sqrt(2.0F));
}

TEST(Augmenter, knows_what_a_gain_does_to_frames_of_each_kind) {
    EXPECT_EQ(frame_scale(nullptr), FrameScale::magnitude);  // the original's
    EXPECT_EQ(frame_scale({{"kind", "spectrum"}}), FrameScale::magnitude);
    EXPECT_EQ(frame_scale({{"kind", "logmel"}, {"power", 2}}), FrameScale::log_power);
    EXPECT_EQ(frame_scale({{"kind", "logmel"}, {"power", 1}}), FrameScale::log_magnitude);
    EXPECT_EQ(frame_scale({{"kind", "waveform"}, {"level", "kept"}}), FrameScale::waveform);
    EXPECT_EQ(frame_scale({{"kind", "waveform"}, {"level", "peak"}}), FrameScale::peak_waveform);
    for (const char* kind : {"pcen", "mfcc"}) EXPECT_EQ(frame_scale({{"kind", kind}}), FrameScale::other);
}

// A slope stays a slope, of another steepness.
TEST(Augmenter, stretching_and_warping_move_what_is_there) {
    AugmentOptions options;
    options.stretch = 0.2;
    options.warp = 0.1;
    const Augmenter augmenter(options, FrameScale::log_power);
    std::set<std::int64_t> lengths;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed);
        const auto frames = augmenter.source_frames(100, random);
        lengths.insert(frames);
        std::vector<float> source, window(100 * 8);
        for (std::int64_t i = 0; i < frames; ++i) {
            for (int d = 0; d < 8; ++d) source.push_back(static_cast<float>(10 * d) + static_cast<float>(i));
        }
        augmenter.apply(source, window, 8, random);
        EXPECT_NEAR(window[0], 0, 1e-4);  // the lowest band stays
        const float time_step = window[8] - window[0], band_step = window[1] - window[0];
        EXPECT_NEAR(time_step, static_cast<float>(frames - 1) / 99, 1e-4);
        EXPECT_GE(band_step, 9 - 1e-3);
        EXPECT_LE(band_step, 11 + 1e-3);
        EXPECT_NEAR(window[99 * 8] - window[0], static_cast<float>(frames - 1), 1e-2);
    }
    EXPECT_EQ(*lengths.begin(), 80);
    EXPECT_EQ(*lengths.rbegin(), 120);
}

TEST(Augmenter, masks_level_a_stretch_of_time_and_one_of_bands) {
    AugmentOptions options;
    options.mask = 0.4;
    const Augmenter augmenter(options, FrameScale::magnitude);
    std::size_t frames_most = 0, bands_most = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed), noise(seed + 1000);
        std::vector<float> source(50 * 10), window(50 * 10);
        for (float& value : source) value = static_cast<float>(noise.normal());
        augmenter.apply(source, window, 10, random);
        std::size_t frames = 0, bands = 0;
        for (std::size_t i = 0; i < 50; ++i)
            frames += window[i * 10] != source[i * 10] && window[i * 10 + 9] != source[i * 10 + 9];
        for (std::size_t d = 0; d < 10; ++d)
            bands += window[d] != source[d] && window[490 + d] != source[490 + d];
        frames_most = std::max(frames_most, frames);
        bands_most = std::max(bands_most, bands);
        EXPECT_LE(frames, 20U);
        EXPECT_LE(bands, 4U);
    }
    EXPECT_EQ(frames_most, 20U);
    EXPECT_EQ(bands_most, 4U);
}

}  // namespace
}  // namespace earshot::train
