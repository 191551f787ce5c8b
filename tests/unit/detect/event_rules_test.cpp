#include "detect/event_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace earshot::detect {
namespace {

model::ModelFile model() {
    model::ModelFile file;
    file.labels = {"quiet", "cry", "bark"};
    file.thresholds = {0.5, 0.6, 0.8};
    file.background = "quiet";
    return file;
}

std::vector<std::string> labels_of(const std::vector<EventRule>& rules) {
    std::vector<std::string> labels;
    for (const auto& rule : rules) labels.push_back(rule.label);
    return labels;
}

TEST(EventRules, come_from_the_model) {
    const auto rules = make_event_rules(model(), {}, 2).classes;
    EXPECT_THAT(labels_of(rules), testing::ElementsAre("", "cry", "bark"));
    EXPECT_EQ(rules[1].on_threshold, 0.6);
    EXPECT_EQ(rules[2].off_threshold, 0.8);
    EXPECT_EQ(rules[2].median_windows, 1);
}

TEST(EventRules, a_model_may_have_more_than_thresholds_and_options_replace_them_one_by_one) {
    auto file = model();
    file.events = {{}, {0.7, 0.3, 5, 1.5, 2}, {0.8, 0.8, 0, 0, 0}};
    auto rules = make_event_rules(file, {}, 1).classes;
    EXPECT_EQ(rules[1].on_threshold, 0.7);
    EXPECT_EQ(rules[1].off_threshold, 0.3);
    EXPECT_EQ(rules[1].median_windows, 5);
    EXPECT_EQ(rules[1].min_duration_s, 1.5);
    EXPECT_EQ(rules[1].merge_gap_s, 2);
    EventRuleOptions options;
    options.thresholds = {"cry=0.5"};
    options.min_duration_s = 0;
    rules = make_event_rules(file, options, 1).classes;
    EXPECT_EQ(rules[1].on_threshold, 0.5);
    EXPECT_EQ(rules[1].off_threshold, 0.5);
    EXPECT_EQ(rules[1].median_windows, 5);
    EXPECT_EQ(rules[1].min_duration_s, 0);
    EXPECT_EQ(rules[2].on_threshold, 0.8);
}

TEST(EventRules, a_threshold_of_one_label_wins_over_that_of_all) {
    EventRuleOptions options;
    options.thresholds = {"cry=0.9", "0.7"};
    options.off_thresholds = {"bark=0.1"};
    const auto rules = make_event_rules(model(), options, 2).classes;
    EXPECT_EQ(rules[1].on_threshold, 0.9);
    EXPECT_EQ(rules[1].off_threshold, 0.9);
    EXPECT_EQ(rules[2].on_threshold, 0.7);
    EXPECT_EQ(rules[2].off_threshold, 0.1);
}

TEST(EventRules, labels_asked_for_are_the_only_ones_even_the_background) {
    EventRuleOptions options;
    options.labels = {"quiet"};
    EXPECT_THAT(labels_of(make_event_rules(model(), options, 2).classes),
                testing::ElementsAre("quiet", "", ""));
}

TEST(EventRules, smoothing_takes_the_nearest_odd_number_of_windows) {
    const auto windows = [](double smooth_s, double hop_s) {
        EventRuleOptions options;
        options.smooth_s = smooth_s;
        return make_event_rules(model(), options, hop_s).classes[1].median_windows;
    };
    EXPECT_EQ(windows(0, 2), 1);
    EXPECT_EQ(windows(2, 2), 1);
    EXPECT_EQ(windows(6, 2), 3);
    EXPECT_EQ(windows(0.5, 0.1), 5);
    EXPECT_EQ(windows(0.55, 0.1), 5);
    EXPECT_THROW(windows(1e9, 0.1), UsageError);
}

TEST(EventRules, refuse_what_the_model_does_not_have_and_what_is_no_score) {
    const auto refused = [](std::vector<std::string> on, std::vector<std::string> off,
                            std::vector<std::string> labels) {
        EventRuleOptions options;
        options.thresholds = std::move(on);
        options.off_thresholds = std::move(off);
        options.labels = std::move(labels);
        EXPECT_THROW(make_event_rules(model(), options, 2), UsageError);
    };
    refused({"meow=0.5"}, {}, {});
    refused({}, {}, {"meow"});
    refused({"1.5"}, {}, {});
    refused({"-0.5"}, {}, {});
    refused({"nan"}, {}, {});
    refused({"cry=0,5"}, {}, {});
    refused({"0.5"}, {"0.6"}, {});
}

TEST(EventRules, any_sound_is_a_class_of_its_own_unless_the_model_has_one) {
    EventRuleOptions options;
    options.labels = {"any", "cry"};
    EXPECT_THROW(make_event_rules(model(), options, 2), UsageError) << "any sound above which level?";
    options.min_level_dbfs = -40;
    options.cool_downs = {"cry=1s", "2s"};
    auto rules = make_event_rules(model(), options, 2);
    EXPECT_THAT(labels_of(rules.classes), testing::ElementsAre("", "cry", "", "any"));
    EXPECT_EQ(rules.classes[1].cool_down_s, 1);
    EXPECT_EQ(rules.classes[3].cool_down_s, 2);
    EXPECT_EQ(rules.min_level_dbfs, -40);
    model::ModelFile own = model();
    own.labels = {"any", "cry"};
    own.thresholds = {0.5, 0.5};
    EXPECT_EQ(make_event_rules(own, options, 2).classes.size(), 2u);
    options.cool_downs = {"soon"};
    EXPECT_THROW(make_event_rules(model(), options, 2), UsageError);
}

}  // namespace
}  // namespace earshot::detect
