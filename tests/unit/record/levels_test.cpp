// Level, background and gate, against closed forms and a sorted list.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "record/level_meter.h"
#include "record/noise_floor.h"
#include "record/sound_gate.h"

namespace earshot::record {
namespace {

std::vector<float> sine(double amplitude, std::size_t count) {
    std::vector<float> samples(count);
    for (std::size_t i = 0; i < count; ++i)
        samples[i] =
            static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * static_cast<double>(i) / 80));
    return samples;
}

TEST(LevelMeter, AConstantHas0DbfsAndASineThreeLess) {
    LevelMeter meter;
    meter.add(std::vector(1000, -1.0f));
    EXPECT_DOUBLE_EQ(meter.rms_dbfs(), 0);
    EXPECT_EQ(meter.max_amp(), 1);
    EXPECT_EQ(meter.clipped(), 1000);
    meter.reset();
    meter.add(sine(0.5, 8000));
    EXPECT_NEAR(meter.rms_dbfs(), 20 * std::log10(0.5) - 3.0103, 1e-3);
    EXPECT_EQ(meter.clipped(), 0);
    EXPECT_EQ(meter.samples(), 8000);
}

TEST(LevelMeter, BlocksAddUpAndSilenceIsMinusInfinity) {
    const auto sound = sine(0.3, 1000);
    LevelMeter whole, pieces;
    whole.add(sound);
    for (std::size_t at = 0; at < sound.size(); at += 7)
        pieces.add(std::span(sound).subspan(at, std::min<std::size_t>(7, sound.size() - at)));
    EXPECT_NEAR(whole.rms_dbfs(), pieces.rms_dbfs(), 1e-9);
    EXPECT_EQ(whole.max_amp(), pieces.max_amp());
    LevelMeter silence;
    silence.add(std::vector<float>(10));
    EXPECT_EQ(silence.rms_dbfs(), -std::numeric_limits<double>::infinity());
}

TEST(LevelMeter, ClippedIsWhatSixteenBitsCannotExceed) {
    LevelMeter meter;
    meter.add(std::vector{32767.0f / 32768, -1.0f, 1.5f, 32766.0f / 32768});
    EXPECT_EQ(meter.clipped(), 3);
}

/// With a half-life beyond all levels they count alike: the fifth of a sorted list.
TEST(NoiseFloor, IsTheLevelThatAFifthDoesNotReach) {
    std::mt19937 random(3);
    std::normal_distribution<double> level(-50, 8);
    NoiseFloor floor(1e6);
    EXPECT_FALSE(floor.dbfs());
    std::vector<double> levels;
    for (int i = 0; i < 200'000; ++i) {
        levels.push_back(level(random));
        floor.add(levels.back());
    }
    std::ranges::sort(levels);
    EXPECT_NEAR(floor.dbfs().value(), levels[levels.size() / 5], 0.5);
}

TEST(NoiseFloor, ForgetsByHalfInAHalfLife) {
    NoiseFloor floor(100);
    for (int i = 0; i < 5000; ++i) floor.add(-70);
    EXPECT_NEAR(*floor.dbfs(), -70, 0.5);
    // Louder levels outweigh the old by four to one after log2(5) half-lives: 233 levels.
    for (int i = 0; i < 225; ++i) floor.add(-30);
    EXPECT_NEAR(*floor.dbfs(), -70, 0.5);
    for (int i = 0; i < 15; ++i) floor.add(-30);
    EXPECT_NEAR(*floor.dbfs(), -30, 0.5);
}

TEST(NoiseFloor, WeightsDoNotOverflow) {
    NoiseFloor floor(10);
    for (int i = 0; i < 100'000; ++i) floor.add(i % 2 == 0 ? -40 : -20);
    EXPECT_NEAR(*floor.dbfs(), -40, 0.5);
}

constexpr audio::AudioFormat kFormat{8000, 2};
constexpr std::size_t kHop = 80;

/// A hop of which one channel has this level, and the other is silent.
std::vector<float> hop(double dbfs, std::size_t channel = 0) {
    std::vector<float> samples(2 * kHop);
    for (std::size_t i = channel; i < samples.size(); i += 2)
        samples[i] = static_cast<float>(std::pow(10, dbfs / 20));
    return samples;
}

TEST(SoundGate, OpensAtTheThresholdOfTheLoudestChannelAndClosesBelowTheHysteresis) {
    GateSettings settings;
    settings.threshold_dbfs = -40;
    settings.hysteresis_db = 6;
    SoundGate gate(settings, kFormat);
    const auto after = [&](double dbfs, std::size_t channel = 0) {
        EXPECT_TRUE(gate.add(hop(dbfs, channel)));
        return gate.is_open();
    };
    EXPECT_FALSE(after(-40.1));
    EXPECT_TRUE(after(-39.9, 1));
    EXPECT_TRUE(after(-45.9));
    EXPECT_FALSE(after(-46.1));
    EXPECT_FALSE(after(-45.9));
    EXPECT_FALSE(after(-std::numeric_limits<double>::infinity()));
}

TEST(SoundGate, AHopMayComeInPiecesOrEndEarly) {
    SoundGate gate({}, kFormat);
    const auto loud = hop(-10);
    EXPECT_EQ(gate.left(), kHop);
    EXPECT_FALSE(gate.add(std::span(loud).first(60)));
    EXPECT_EQ(gate.left(), kHop - 30);
    EXPECT_FALSE(gate.is_open());
    gate.end_hop();
    EXPECT_TRUE(gate.is_open());
    EXPECT_EQ(gate.left(), kHop);
}

TEST(SoundGate, WhatIsNotAboveTheBackgroundIsNoSound) {
    GateSettings settings;
    settings.threshold_dbfs = -60;
    settings.above_db = 10;
    SoundGate gate(settings, kFormat);
    gate.add(hop(-30));
    EXPECT_TRUE(gate.is_open()) << "as long as no background is known, the threshold alone counts";
    for (int i = 0; i < 2000; ++i) gate.add(hop(-30));
    EXPECT_FALSE(gate.is_open());
    gate.add(hop(-21));
    EXPECT_FALSE(gate.is_open());
    gate.add(hop(-19));
    EXPECT_TRUE(gate.is_open());
}

}  // namespace
}  // namespace earshot::record
