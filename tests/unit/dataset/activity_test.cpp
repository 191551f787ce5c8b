#include "dataset/activity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace earshot::dataset {
namespace {

using enum Activity::State;
using testing::ElementsAre;

std::vector<Activity::State> states_of(const Activity& activity, double first, double length,
                                       std::size_t steps) {
    std::vector<Activity::State> states(steps * activity.classes());
    activity.read(first, length, states);
    return states;
}

TEST(Activity, labels_may_overlap_and_what_nobody_labelled_is_unknown) {
    Activity activity(2);
    activity.add_labelled({0, 6});
    activity.add(0, {2, 4});
    activity.add(1, {4, 4});  // known to sound beyond what is labelled
    EXPECT_THAT(states_of(activity, 0, 2, 5), ElementsAre(silent, silent, sounds, silent, sounds, sounds,
                                                          unknown, sounds, unknown, unknown));
}

TEST(Activity, a_step_is_what_most_of_it_is) {
    Activity activity(1);
    activity.add_labelled({0, 100});
    activity.add(0, {10, 3});
    EXPECT_THAT(states_of(activity, 8, 4, 2), ElementsAre(sounds, silent));  // two frames of four; one
    EXPECT_THAT(states_of(activity, 8.5, 4, 1), ElementsAre(sounds));
    EXPECT_THAT(states_of(activity, 7.5, 4, 1), ElementsAre(silent));
}

TEST(Activity, agrees_with_counting_frames) {
    std::mt19937 random(3);
    const auto whole = [&](int most) {
        return static_cast<std::int64_t>(random() % static_cast<unsigned>(most + 1));
    };
    for (int i = 0; i < 200; ++i) {
        constexpr std::size_t kFrames = 60;
        Activity activity(1);
        std::vector<Activity::State> frames(kFrames, unknown);
        const auto mark = [&](const windows::RowSpan& rows, Activity::State state) {
            for (auto row = rows.first; row < rows.first + rows.count; ++row)
                frames[static_cast<std::size_t>(row)] = state;
        };
        const windows::RowSpan labelled{0, 45};
        activity.add_labelled(labelled);
        mark(labelled, silent);
        for (std::int64_t at = whole(9); at < 50;) {
            const windows::RowSpan rows{at, 1 + whole(8)};
            activity.add(0, rows);
            mark(rows, sounds);
            at += rows.count + 5 + whole(5);  // apart, so that no step is of two
        }
        const auto states = states_of(activity, 0, 5, kFrames / 5);
        for (std::size_t step = 0; step < states.size(); ++step) {
            const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(5 * step);
            const auto sounding = std::count(begin, begin + 5, sounds);
            const auto said = 5 - std::count(begin, begin + 5, unknown);
            EXPECT_EQ(states[step], sounding > 2 ? sounds : said > 2 || step < 9 ? silent : unknown) << step;
        }
    }
}

TEST(Activity, counts_the_frames_of_a_stretch) {
    Activity activity(3);
    activity.add_labelled({0, 20});
    activity.add(0, {2, 6});
    activity.add(0, {4, 6});  // one and the same until frame 10
    activity.add(2, {8, 20});
    EXPECT_EQ(activity.frames_of(0), 8);
    const auto tally = activity.tally({5, 20});
    ASSERT_EQ(tally.sounding.size(), 2U);
    EXPECT_EQ(tally.sounding[0].frames, 5);
    EXPECT_EQ(tally.sounding[1].c, 2U);
    EXPECT_EQ(tally.sounding[1].frames, 17);
    EXPECT_EQ(tally.quiet, 0);
    EXPECT_EQ(tally.known, 20);
    EXPECT_EQ(activity.tally({0, 5}).quiet, 2);
    EXPECT_EQ(activity.tally({0, 5}).known, 5);
    EXPECT_EQ(activity.tally({26, 10}).known, 2);
}

TEST(Activity, what_is_taken_out_leaves_only_what_else_sounds_there) {
    Activity activity(2);
    activity.add_labelled({0, 6});
    activity.add(0, {1, 3});
    activity.add(1, {3, 2});
    activity.remove_labelled(0);
    const auto other = activity.renumbered(std::vector<std::optional<std::size_t>>{{}, 0}, 1);
    EXPECT_THAT(states_of(other, 0, 1, 6), ElementsAre(silent, unknown, unknown, sounds, sounds, silent));
    EXPECT_EQ(other.tally({0, 6}).quiet, 2);
    EXPECT_EQ(other.tally({0, 6}).known, 4);
}

TEST(Activity, other_numbers_for_its_classes_leave_some_out) {
    Activity activity(3);
    activity.add(0, {0, 1});
    activity.add(2, {0, 1});
    activity.set_weak({sounds, silent, sounds});
    const Activity other = activity.renumbered(std::vector<std::optional<std::size_t>>{{}, 0, 1}, 3);
    EXPECT_THAT(states_of(other, 0, 1, 1), ElementsAre(unknown, sounds, unknown));
    EXPECT_THAT(other.weak(), ElementsAre(silent, sounds, silent));
}

}  // namespace
}  // namespace earshot::dataset
