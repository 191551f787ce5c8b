#include "scene/direction_memory.h"

#include <gmock/gmock.h>

#include <random>

#include "support/circle.h"

using namespace earshot;
using namespace earshot::scene;

namespace {

TEST(DirectionMemory, MeanIsTheCircularMeanOfBinCentres) {
    DirectionMemory memory(12);
    EXPECT_FALSE(memory.mean());
    for (const double azimuth : {350.0, 355.0, 10.0, 20.0})
        memory.observe(azimuth);  // bins around 345 and 15
    ASSERT_TRUE(memory.mean());
    EXPECT_NEAR(wrap_180(memory.mean()->azimuth_deg), 0, 1e-9) << "not 183";
    EXPECT_NEAR(memory.mean()->concentration, std::cos(radians(15)), 1e-12);
    memory.observe(0);
    // Two unit vectors towards 345 and three towards 15.
    EXPECT_NEAR(memory.mean()->azimuth_deg,
                degrees(std::atan2(std::sin(radians(15)), 5 * std::cos(radians(15)))), 1e-9);
}

TEST(DirectionMemory, OppositeDirectionsHaveNoMean) {
    DirectionMemory memory(12);
    memory.observe(40);
    memory.observe(220);
    EXPECT_FALSE(memory.mean());
}

TEST(DirectionMemory, FindsEachOfTwoSources) {
    DirectionMemory memory(12);
    std::mt19937 random(1);
    std::normal_distribution<double> scatter(0, 8);
    for (int i = 0; i < 60; ++i) memory.observe(wrap_360(40 + scatter(random)));
    for (int i = 0; i < 40; ++i) memory.observe(wrap_360(170 + scatter(random)));
    for (int i = 0; i < 3; ++i) memory.observe(280);  // strays
    const auto modes = memory.modes();
    ASSERT_EQ(modes.size(), 2U);
    EXPECT_NEAR(modes[0].azimuth_deg, 40, 4);
    EXPECT_NEAR(modes[1].azimuth_deg, 170, 4);
    EXPECT_NEAR(modes[0].share, 0.58, 0.05);
    EXPECT_GT(modes[1].concentration, 0.9);
    const double mean = memory.mean()->azimuth_deg;
    EXPECT_TRUE(mean > 60 && mean < 150) << "which is where nothing ever was";
}

TEST(DirectionMemory, KeepsShapeWhenItFades) {
    DirectionMemory memory(12);
    for (int i = 0; i < 8; ++i) memory.observe(100);
    memory.fade(0.25);
    EXPECT_NEAR(memory.total(), 2, 1e-12);
    EXPECT_NEAR(memory.mean()->azimuth_deg, 105, 1e-9);
}

TEST(DirectionMemory, ComesBackFromCoarseOrFineCounts) {
    DirectionMemory memory(12), coarse(12), fine(12);
    for (const double azimuth : {3.0, 33.0, 38.0, 359.0}) memory.observe(azimuth);
    coarse.restore_coarse(memory.coarse());
    fine.restore_fine(memory.fine());
    EXPECT_THAT(std::vector(coarse.coarse().begin(), coarse.coarse().end()),
                testing::ElementsAreArray(memory.coarse()));
    EXPECT_THAT(std::vector(fine.fine().begin(), fine.fine().end()),
                testing::ElementsAreArray(memory.fine()));
    EXPECT_THAT(std::vector(fine.coarse().begin(), fine.coarse().end()),
                testing::ElementsAreArray(memory.coarse()));
}

TEST(DirectionMemory, CountsWhatIsNear) {
    DirectionMemory memory(12);
    memory.observe(2);
    memory.observe(2);
    memory.observe(92);
    EXPECT_NEAR(memory.share_within(350, 45), 2.0 / 3, 1e-12);
    EXPECT_EQ(memory.share_within(200, 45), 0);
}

}  // namespace
