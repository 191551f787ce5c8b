#include "label/findings.h"

#include <gmock/gmock.h>

#include <limits>

namespace earshot::label {
namespace {

using testing::ElementsAre;

constexpr double kOpen = std::numeric_limits<double>::infinity();

std::vector<std::string> found(const Timeline& timeline, double duration_s, const CheckRules& rules = {}) {
    std::vector<std::string> texts;
    for (const auto& finding : check_timeline(timeline, duration_s, rules)) {
        texts.push_back(std::string(finding_name(finding.kind)) + " " + finding.label);
    }
    return texts;
}

TEST(CheckTimeline, finds_nothing_in_a_timeline_that_fits) {
    EXPECT_THAT(found({{{0, 5, "a", {}}, {5, kOpen, "b", {}}}}, 10), ElementsAre());
    EXPECT_THAT(found({}, 10), ElementsAre());
    EXPECT_THAT(found({{{0, 10.05, "a", {}}}}, 10), ElementsAre()) << "within the tolerance";
}

TEST(CheckTimeline, finds_what_lies_past_the_end) {
    EXPECT_THAT(found({{{0, 10.06, "a", {}}, {10.06, kOpen, "b", {}}}}, 10),
                ElementsAre("past-end a", "past-end b"));
}

TEST(CheckTimeline, holds_each_event_against_the_longest_before_it) {
    EXPECT_THAT(found({{{0, 9, "a", {}}, {1, 2, "b", {}}, {3, 4, "c", {}}, {9, 10, "d", {}}}}, 10),
                ElementsAre("overlap a and b", "overlap a and c"));
}

TEST(CheckTimeline, finds_gaps_if_asked) {
    const Timeline timeline{{{1, 2, "a", {}}, {2.04, 3, "b", {}}, {4, 5, "c", {}}}};
    EXPECT_THAT(found(timeline, 6), ElementsAre());
    EXPECT_THAT(found(timeline, 6, {0.05, true, {}}), ElementsAre("gap ", "gap ", "gap "));
    EXPECT_THAT(found(timeline, 5, {0.01, true, {}}), ElementsAre("gap ", "gap ", "gap "));
    EXPECT_THAT(found({}, 6, {0.05, true, {}}), ElementsAre("gap "));
    EXPECT_THAT(found({{{7, 8, "a", {}}}}, 6, {0.05, true, {}}), ElementsAre("gap ", "past-end a"))
        << "what lies past the end begins no gap there";
}

TEST(CheckTimeline, finds_labels_that_are_not_known) {
    EXPECT_THAT(found({{{0, 1, "cry", {}}, {1, 2, "crry", {}}}}, 6, {0.05, false, {{"cry"}}}),
                ElementsAre("unknown-label crry"));
}

TEST(CheckTimeline, finds_events_without_duration) {
    EXPECT_THAT(found({{{1, 1, "a", {}}}}, 6), ElementsAre("no-duration a"));
}

TEST(CheckTimeline, only_some_findings_are_faults) {
    EXPECT_TRUE((Finding{FindingKind::past_end, 0, 1, ""}.is_fault()));
    EXPECT_TRUE((Finding{FindingKind::unknown_label, 0, 1, ""}.is_fault()));
    EXPECT_FALSE((Finding{FindingKind::overlap, 0, 1, ""}.is_fault()));
}

}  // namespace
}  // namespace earshot::label
