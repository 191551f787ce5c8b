#include "scene/scene.h"

#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "support/circle.h"
#include "support/error.h"
#include "support/time_text.h"

using namespace earshot;
using namespace earshot::scene;
using testing::IsEmpty;
using testing::SizeIs;

namespace {

SceneTime at(const std::string& utc) { return std::chrono::floor<std::chrono::seconds>(*parse_utc(utc)); }

/// Seconds go on by a minute from event to event, so that nothing is silenced as repeated.
class Told : public testing::Test {
 protected:
    std::vector<Anomaly> hear(const std::string& label, std::optional<double> azimuth,
                              std::optional<SceneTime> time = {}) {
        return scene.observe({label, azimuth, time, now += 60});
    }
    Scene scene;
    double now = 0;
};

TEST_F(Told, TenObservationsMakeADirectionUsual) {
    for (int i = 0; i < 9; ++i) EXPECT_THAT(hear("cry", 45), IsEmpty());
    EXPECT_THAT(hear("cry", 225), IsEmpty()) << "after nine";
    // The bin from 30 to 60 stands for 45 degrees.
    for (const double actual : {134.9, 135.1}) {
        Scene other;
        for (int i = 0; i < 10; ++i) other.observe({"cry", 40, {}, 0});
        EXPECT_THAT(other.observe({"dog", 300, {}, 100}), IsEmpty()) << "of which nothing is known";
        const auto found = other.observe({"cry", actual, {}, 100});
        ASSERT_THAT(found, SizeIs(actual < 135 ? 0 : 1));
        if (found.empty()) continue;
        EXPECT_EQ(found[0].kind, Anomaly::Kind::direction);
        EXPECT_NEAR(found[0].expected_deg, 45, 1e-9);
        EXPECT_EQ(found[0].actual_deg, 135.1);
        EXPECT_NEAR(found[0].deviation_deg, 90.1, 1e-9);
        EXPECT_THAT(found[0].message, testing::HasSubstr("cry from 135°"));
    }
}

TEST_F(Told, OneReportInHalfAMinuteForEachLabel) {
    for (int i = 0; i < 40; ++i) hear("a", 0), hear("b", 0);
    EXPECT_THAT(scene.observe({"a", 180, {}, 10000}), SizeIs(1));
    EXPECT_THAT(scene.observe({"a", 180, {}, 10029.9}), IsEmpty());
    EXPECT_THAT(scene.observe({"b", 180, {}, 10029.9}), SizeIs(1)) << "another label";
    EXPECT_THAT(scene.observe({"a", 180, {}, 10030}), SizeIs(1));
    EXPECT_THAT(scene.observe({"a", 180, {}, 500}), SizeIs(1)) << "the clock was set back";
}

TEST_F(Told, TwoTelevisionsAreBothUsualAndNothingBetween) {
    for (int i = 0; i < 20; ++i) {
        hear("tv", 5);
        hear("tv", 125);
    }
    EXPECT_THAT(hear("tv", 5), IsEmpty());
    EXPECT_THAT(hear("tv", 125), IsEmpty());
    const auto found = hear("tv", 245);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_GT(found[0].deviation_deg, 110);
    EXPECT_THAT(hear("tv", 65), IsEmpty()) << "60 degrees from either is no anomaly";
}

TEST_F(Told, WhatComesFromEverywhereIsNeverUnusual) {
    std::mt19937 random(4);
    std::uniform_real_distribution<double> anywhere(0, 360);
    for (int i = 0; i < 100; ++i) hear("steps", anywhere(random));
    int reports = 0;
    for (int i = 0; i < 300; ++i) reports += static_cast<int>(hear("steps", anywhere(random)).size());
    EXPECT_EQ(reports, 0);
}

TEST_F(Told, UnusualTimesNeedNoDirection) {
    const auto start = at("2026-06-01T18:00:00Z");
    for (int day = 0; day < 45; ++day)
        EXPECT_THAT(hear("news", {}, start + std::chrono::days(day)), IsEmpty());
    const auto night = hear("news", {}, start + std::chrono::days(45) + std::chrono::hours(9));
    ASSERT_THAT(night, SizeIs(1));
    EXPECT_EQ(night[0].kind, Anomaly::Kind::time);
    EXPECT_THAT(hear("news", {}, start + std::chrono::days(46) + std::chrono::minutes(40)), IsEmpty())
        << "a bit late";
}

TEST_F(Told, OneLongEveningMakesNoMorningUnusual) {
    const auto start = at("2026-06-01T18:00:00Z");
    for (int i = 0; i < 100; ++i) hear("music", {}, start + std::chrono::seconds(40 * i));
    EXPECT_THAT(hear("music", {}, start + std::chrono::hours(14)), IsEmpty());
}

TEST_F(Told, ASundayIsUnusualForWhatWorksOnWeekdays) {
    const auto monday = at("2026-06-01T08:00:00Z");
    for (int week = 0; week < 26; ++week) {
        for (int day = 0; day < 5; ++day) hear("drill", {}, monday + std::chrono::days(7 * week + day));
    }
    const auto found = hear("drill", {}, monday + std::chrono::days(7 * 26 + 6));
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_THAT(found[0].message, testing::HasSubstr("day of the week"));
}

TEST(TimeMemory, OfEvenTimesIsEven) {
    TimeMemory memory;
    const auto start = at("2026-06-01T00:15:00Z");
    for (int i = 0; i < 336 * 4; ++i) memory.observe(start + std::chrono::minutes(30 * i));
    for (const double half_hour : {0.5, 100.2, 335.9}) {
        EXPECT_NEAR(memory.density_of_day(half_hour), 1, 1e-9);
        EXPECT_NEAR(memory.density_of_week(half_hour), 1, 1e-9);
    }
}

TEST(SceneFades, ByHalfInAHalfLife) {
    Scene scene(SceneSettings{12, 86400.0});
    const auto start = at("2026-06-01T00:00:00Z");
    for (int i = 0; i < 16; ++i) scene.observe({"x", 10, start, 0});
    scene.observe({"x", 10, start + std::chrono::days(1), 0});
    EXPECT_EQ(scene.summary()["x"]["observations"], 9);
    // Back, and ahead by fifty years: never less than half is left.
    scene.observe({"x", 10, start - std::chrono::days(100), 0});
    scene.observe({"x", 10, start + std::chrono::days(18000), 0});
    EXPECT_EQ(scene.summary()["x"]["observations"], 6);
}

TEST(SceneJson, ComesBackAsItWas) {
    Scene scene;
    const auto start = at("2026-06-01T18:00:00Z");
    for (int i = 0; i < 60; ++i) {
        scene.observe({"cry", 100.0 + i, start + std::chrono::hours(25 * i), 0});
        scene.observe({"téléphone \"x\"", {}, start + std::chrono::hours(i), 0});
    }
    const auto text = scene.to_json(start).dump();
    const auto back = Scene::from_json(nlohmann::json::parse(text));
    EXPECT_EQ(back.to_json(start).dump(), text);
    EXPECT_EQ(back.summary(), scene.summary());
    EXPECT_EQ(back.heatmap(), scene.heatmap());
    EXPECT_EQ(back.recent(1e9, start + std::chrono::days(90)),
              scene.recent(1e9, start + std::chrono::days(90)));
}

TEST(SceneJson, ReadsTheOriginalsFileAndWritesItsMembers) {
    const auto original = nlohmann::json::parse(
        R"({"scene_map": {"tv": {"1": 30, "2": 10}, "dog": {}}, "category_totals": {"tv": 40, "dog": 2}, "saved_at": 1700000000.5})");
    const auto scene = Scene::from_json(original);
    const auto summary = scene.summary();
    // 30 towards 45 and 10 towards 75 degrees.
    EXPECT_NEAR(summary["tv"]["usual_angle"].get<double>(),
                degrees(std::atan2(3 * std::sin(radians(45)) + std::sin(radians(75)),
                                   3 * std::cos(radians(45)) + std::cos(radians(75)))),
                0.06);
    EXPECT_EQ(summary["tv"]["observations"], 40);
    EXPECT_EQ(summary["dog"]["observations"], 2);
    const auto written = scene.to_json(SceneTime(std::chrono::seconds(1700000001)));
    EXPECT_EQ(nlohmann::json(written["scene_map"]), original["scene_map"]);
    EXPECT_EQ(nlohmann::json(written["category_totals"]), original["category_totals"]);
    EXPECT_EQ(written["saved_at"], 1700000001);
    // The same with bins that go by degrees.
    const auto by_degrees = nlohmann::json::parse(R"({"scene_map": {"tv": {"30": 30, "60": 10}}})");
    EXPECT_EQ(Scene::from_json(by_degrees).summary()["tv"]["usual_angle"], summary["tv"]["usual_angle"]);
}

TEST(SceneJson, RefusesWhatIsNone) {
    for (const char* text :
         {"[]",
          "7",
          "{}",
          R"({"scene_map": []})",
          R"({"scene_map": {"a": 3}})",
          R"({"scene_map": {"a": {"x": 1}}})",
          R"({"scene_map": {"a": {"12": 1}}})",
          R"({"scene_map": {"a": {"-1": 1}}})",
          R"({"scene_map": {"a": {"1": -1}}})",
          R"({"scene_map": {"a": {"1": "many"}}})",
          R"({"scene_map": {"a": {"1": 1e300}}})",
          R"({"scene_map": {}, "category_totals": 1})",
          R"({"scene_map": {}, "earshot": 1})",
          R"({"scene_map": {}, "earshot": {"version": 99}})",
          R"({"scene_map": {}, "earshot": {"bins": 0}})",
          R"({"scene_map": {}, "earshot": {"bins": 1e9}})",
          R"({"scene_map": {}, "earshot": {"labels": {"a": 1}}})",
          R"({"scene_map": {}, "earshot": {"labels": {"a": {"directions": {"72": 1}}}}})",
          R"({"scene_map": {}, "earshot": {"labels": {"a": {"half_hours_of_week": {"336": 1}}}}})",
          R"({"scene_map": {}, "earshot": {"recent": [{"label": "a"}]}})"}) {
        EXPECT_THROW(Scene::from_json(nlohmann::json::parse(text)), Error) << text;
    }
}

TEST(SceneRecent, IsYoungestFirstByLabelAndAge) {
    Scene scene;
    const auto start = at("2026-06-01T18:00:00Z");
    for (int i = 0; i < 5; ++i)
        scene.observe({i % 2 == 0 ? "even" : "odd", 10.0 * i, start + std::chrono::seconds(10 * i), 0});
    const auto now = start + std::chrono::seconds(45);
    EXPECT_THAT(scene.recent(30, now), SizeIs(3));
    EXPECT_EQ(scene.recent(30, now)[0]["age_s"], 5);
    EXPECT_EQ(scene.recent(30, now)[0]["azimuth"], 40);
    EXPECT_THAT(scene.recent(100, now, "odd"), SizeIs(2));
    EXPECT_THAT(scene.recent(100, start - std::chrono::hours(1)), IsEmpty()) << "the clock was set back";
}

TEST(SceneMany, AMillionEventsTakeNoMoreMemoryThanAThousand) {
    Scene scene;
    const auto start = at("2026-06-01T18:00:00Z");
    std::size_t size = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        scene.observe({"x", static_cast<double>(i % 3600) / 10, start + std::chrono::seconds(i),
                       static_cast<double>(i)});
        if (i == 700'000) size = scene.to_json(start).dump().size();
    }
    EXPECT_EQ(scene.summary()["x"]["observations"], 1'000'000);
    EXPECT_LT(scene.to_json(start).dump().size(), size + 2000);
}

/// Under ThreadSanitizer, with the suite's tsan preset, a race fails the test; without it, a deadlock would
/// hang it.
TEST(SceneThreads, MayAllCallAtOnce) {
    Scene scene;
    const auto start = at("2026-06-01T18:00:00Z");
    constexpr int kEach = 300;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < kEach; ++i) {
                    const auto time = start + std::chrono::seconds(i);
                    scene.observe(
                        {"label" + std::to_string(t % 3), i * 7 % 360, time, static_cast<double>(i)});
                    if (i % 4 == t % 4) scene.summary();
                    if (i % 16 == t) scene.to_json(time);
                    if (i % 8 == t) scene.heatmap();
                    scene.recent(30, time);
                    scene.version();
                }
            });
        }
    }
    EXPECT_EQ(scene.version(), 8U * kEach);
    int total = 0;
    const auto summary = scene.summary();
    for (const auto& [label, row] : summary.items()) total += row["observations"].get<int>();
    EXPECT_EQ(total, 8 * kEach);
}

}  // namespace
