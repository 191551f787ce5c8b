#include "metrics/event_evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace earshot::metrics {
namespace {

TEST(Bootstrap, of_a_mean_is_as_wide_as_its_standard_error) {
    std::mt19937 random(1);
    std::normal_distribution<double> normal(5, 2);
    std::vector<double> values(400);
    for (double& value : values) value = normal(random);
    const auto mean = [&](std::span<const std::uint32_t> times) {
        double sum = 0;
        for (std::size_t i = 0; i < values.size(); ++i) sum += times[i] * values[i];
        return std::vector<double>{sum / 400, std::nan("")};
    };
    const auto intervals = bootstrap(values.size(), 2000, mean);
    EXPECT_NEAR(intervals[0].high - intervals[0].low, 2 * 1.96 * 2 / 20, 0.05);
    EXPECT_LT(intervals[0].low, 5);
    EXPECT_GT(intervals[0].high, 5);
    EXPECT_TRUE(std::isnan(intervals[1].low));
    EXPECT_EQ(bootstrap(values.size(), 2000, mean)[0].low, intervals[0].low);
    EXPECT_TRUE(std::isnan(
        bootstrap(1, 10, [](std::span<const std::uint32_t>) { return std::vector<double>{1}; })[0].low));
}

TEST(MacroAverage, is_over_labels_with_events) {
    std::vector<EventCounts> labels(3);
    labels[0].events = {4, 4, 2};
    labels[1].events = {4, 0, 0};  // never detected: precision counts as 0
    labels[2].events = {0, 7, 0};  // nothing to detect: left out
    const auto macro = macro_average(labels, &EventCounts::events);
    EXPECT_DOUBLE_EQ(macro.precision, 0.25);
    EXPECT_DOUBLE_EQ(macro.recall, 0.25);
    EXPECT_DOUBLE_EQ(macro.f1, 0.25);
    EXPECT_TRUE(std::isnan(macro_average(std::span(labels).last(1), &EventCounts::events).f1));
    labels[0].segments = {4, 4, 2};
    EXPECT_DOUBLE_EQ(macro_error_rate(labels), 1);
}

TEST(EventEvaluation, adds_up_recordings) {
    EventEvaluation evaluation({"cry", "bark"}, {});
    const std::vector<LabelEvents> first{{{{1, 2}}, {{1, 2}}}, {{}, {{5, 6}}}};
    const std::vector<LabelEvents> second{{{{1, 2}}, {}}, {{}, {}}};
    evaluation.add(first, 3600, nullptr);
    evaluation.add(second, 3600, nullptr);
    const auto figures = evaluation.figures();
    EXPECT_EQ(figures.recordings, 2);
    EXPECT_DOUBLE_EQ(figures.labels[0].events.f1(), 2.0 / 3);
    EXPECT_DOUBLE_EQ(figures.all.events.precision(), 0.5);
    EXPECT_DOUBLE_EQ(figures.false_alarms_per_hour(figures.all), 0.5);
    EXPECT_FALSE(figures.psds1);
    const auto json = event_json(evaluation, figures);
    EXPECT_TRUE(json["psds1"].is_null());
    EXPECT_TRUE(json["labels"]["bark"]["event"]["recall"].is_null());
    EXPECT_EQ(json["false_alarms_per_week"], 84);
    // One of the two recordings is right and the other wrong; samples of one kind only are common.
    EXPECT_EQ(json["intervals"]["event_macro_f1"], nlohmann::ordered_json::array({0.0, 1.0}));
    EXPECT_NE(event_text(evaluation, figures).find("cry"), std::string::npos);
}

TEST(EventEvaluation, of_nothing_is_not_a_number) {
    EventEvaluation evaluation({"cry"}, {});
    const auto figures = evaluation.figures();
    EXPECT_TRUE(std::isnan(figures.false_alarms_per_hour(figures.all)));
    EXPECT_TRUE(event_json(evaluation, figures)["event"]["macro"]["f1"].is_null());
}

}  // namespace
}  // namespace earshot::metrics
