#include "locate/triangulation.h"

#include <gmock/gmock.h>

#include <random>

#include "locate/position.h"
#include "locate/tracker.h"
#include "scenes.h"

using namespace earshot;
using namespace earshot::locate;
using namespace earshot::testing_scenes;

namespace {

std::vector<Bearing> bearings_of(const ArrayGeometry& geometry, const Point& place, double sd_deg) {
    std::vector<Bearing> bearings;
    for (const auto& array : geometry.arrays)
        bearings.push_back({azimuth_of(place - array.centre), sd_deg, 0.8, {}});
    return bearings;
}

TEST(Triangulation, OfExactBearingsIsExact) {
    const auto geometry = two_squares();
    for (const double azimuth : {0.0, 45.0, 178.0, 300.0}) {
        for (const double distance : {0.3, 1.0, 4.0}) {
            const auto fix = triangulate(bearings_of(geometry, towards(azimuth) * distance, 0.1), geometry);
            EXPECT_NEAR(wrap_180(fix.azimuth_deg - azimuth), 0, 1e-6);
            EXPECT_NEAR(1 / fix.inverse_m, distance, 1e-6 * distance) << azimuth;
        }
    }
}

TEST(Triangulation, StatesTheDeviationThatErrorsHave) {
    const auto geometry = two_squares();
    const Point place = towards(25) * 1.2;
    std::mt19937 random(7);
    std::normal_distribution<double> error(0, 1.0);
    double squares = 0, inverse_squares = 0;
    constexpr int kTrials = 2000;
    Fix fix;
    for (int i = 0; i < kTrials; ++i) {
        auto bearings = bearings_of(geometry, place, 1.0);
        for (auto& bearing : bearings) bearing.azimuth_deg += error(random);
        fix = triangulate(bearings, geometry);
        squares += std::pow(wrap_180(fix.azimuth_deg - 25), 2);
        inverse_squares += std::pow(fix.inverse_m - 1 / 1.2, 2);
    }
    EXPECT_NEAR(std::sqrt(squares / kTrials) / fix.azimuth_sd_deg, 1, 0.1);
    EXPECT_NEAR(std::sqrt(inverse_squares / kTrials) / *fix.inverse_sd_m, 1, 0.1);
}

TEST(Triangulation, OfParallelBearingsIsFarAndNoPoint) {
    const auto geometry = two_squares();
    const std::vector<Bearing> parallel{{30, 1, 0.8, {}}, {30.4, 1, 0.8, {}}};  // they even diverge
    const auto fix = triangulate(parallel, geometry);
    EXPECT_NEAR(fix.azimuth_deg, 30.2, 0.05);
    EXPECT_EQ(fix.farthest_m(1.645), std::numeric_limits<double>::infinity());
    EXPECT_EQ(proximity_of(fix, {}), "far");
    nlohmann::ordered_json row;
    append_position(row, Position{fix, false, 0.8}, {});
    EXPECT_TRUE(row["x_mm"].is_null());
    EXPECT_TRUE(row["distance_mm"].is_null());
    EXPECT_TRUE(row["distance_90_mm"][1].is_null());
    EXPECT_GT(row["distance_90_mm"][0], 700);
}

TEST(Triangulation, AlongTheBaselineKnowsNoDistance) {
    const auto geometry = two_squares();
    const auto fix = triangulate(bearings_of(geometry, {1.0, 0, 0}, 1), geometry);
    EXPECT_NEAR(fix.azimuth_deg, 90, 1e-6);
    EXPECT_FALSE(fix.inverse_sd_m);
    EXPECT_EQ(proximity_of(fix, {}), std::nullopt);
}

TEST(Triangulation, OfOneArrayIsItsBearing) {
    const std::vector<Bearing> one{{77, 2, 0.5, 10.0}};
    const auto fix = triangulate(one, one_square());
    EXPECT_EQ(fix.azimuth_deg, 77);
    EXPECT_EQ(fix.azimuth_sd_deg, 2);
    EXPECT_EQ(fix.elevation_deg, 10);
    EXPECT_FALSE(fix.inverse_sd_m);
}

TEST(Triangulation, BelievesTheSurerArray) {
    const auto geometry = two_squares();
    const std::vector<Bearing> unequal{{10, 0.5, 0.8, {}}, {40, 20, 0.2, {}}};
    EXPECT_NEAR(triangulate(unequal, geometry).azimuth_deg, 10, 3);
}

TEST(Position, HasWordsForSidesAndDistances) {
    EXPECT_EQ(side_of(10, {}), "center");
    EXPECT_EQ(side_of(350, {}), "center");
    EXPECT_EQ(side_of(175, {}), "center") << "straight behind";
    EXPECT_EQ(side_of(90, {}), "right");
    EXPECT_EQ(side_of(160, {}), "right");
    EXPECT_EQ(side_of(200, {}), "left");
    Fix fix;
    fix.inverse_sd_m = 0.01;
    fix.inverse_m = 1 / 0.5;
    EXPECT_EQ(proximity_of(fix, {}), "near");
    fix.inverse_m = 1 / 1.5;
    EXPECT_EQ(proximity_of(fix, {}), "mid");
    EXPECT_EQ(proximity_of(fix, {.near_m = 2, .far_m = 3}), "near");
    fix.inverse_m = 1 / 2.5;
    EXPECT_EQ(proximity_of(fix, {}), "far");
}

TEST(Position, RoundsToACircle) {
    nlohmann::ordered_json row;
    Fix fix;
    fix.azimuth_deg = 359.97;
    append_position(row, Position{fix, false, 1}, {});
    EXPECT_EQ(row["azimuth"], 0.0);
}

TEST(CircleFilter, GoesTheShortWayRound) {
    CircleFilter filter(359, 2);
    filter.correct(3, 2);
    EXPECT_NEAR(filter.angle_deg(), 1, 1e-9);
    EXPECT_NEAR(filter.sd_deg(), std::sqrt(2), 1e-9);
    EXPECT_NEAR(filter.surprise(1 + 2 * std::sqrt(2 + 4), 2), 2, 1e-9);
    filter.predict(0.5, 4);
    EXPECT_NEAR(filter.sd_deg(), 2, 1e-9);
}

TEST(Tracker, KeepsNumbersThroughShortSilence) {
    Tracker tracker;
    const auto heard = [&](double time_s, std::vector<double> azimuths) {
        std::vector<Sighting> sightings;
        for (const double azimuth : azimuths) sightings.push_back({{azimuth, 2, 0.8, {}}});
        std::vector<int> ids;
        for (const auto& tracked : tracker.update(time_s, sightings)) ids.push_back(tracked.id);
        return ids;
    };
    EXPECT_EQ(heard(0.1, {10, 100}), (std::vector{1, 2}));
    EXPECT_EQ(heard(0.2, {101, 9}), (std::vector{2, 1})) << "whatever the order";
    EXPECT_EQ(heard(0.3, {9}), (std::vector{1}));
    EXPECT_EQ(heard(1.2, {102}), (std::vector{2})) << "after 1 s";
    EXPECT_EQ(heard(1.3, {250}), (std::vector{3})) << "somewhere else";
    EXPECT_EQ(heard(3.0, {102}), (std::vector{4})) << "after too long";
}

TEST(Tracker, SmoothsTheBearingsOfAStillSound) {
    Tracker tracker;
    std::mt19937 random(3);
    std::normal_distribution<double> error(0, 4);
    double before = 0, after = 0;
    for (int i = 1; i <= 200; ++i) {
        const double azimuth = 2 + error(random);
        const auto tracked = tracker.update(0.1 * i, std::vector<Sighting>{{{azimuth, 4, 0.8, {}}}});
        before += std::pow(azimuth - 2, 2);
        after += std::pow(wrap_180(tracked.front().sighting.front().azimuth_deg - 2), 2);
    }
    EXPECT_LT(after, 0.7 * before);
}

}  // namespace
