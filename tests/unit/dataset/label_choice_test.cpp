#include "dataset/label_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace earshot::dataset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What is known of a frame: the classes that sound in it, the foremost first; nothing: nobody said.
using Frame = std::optional<std::vector<std::size_t>>;

bool has(const Frame& frame, std::size_t c) { return frame && std::ranges::find(*frame, c) != frame->end(); }

Activity activity_of(const std::vector<Frame>& frames, std::size_t classes) {
    Activity activity(classes);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (!frames[i]) continue;
        const auto row = static_cast<std::int64_t>(i);
        activity.add_labelled({row, 1});
        for (const std::size_t c : *frames[i]) activity.add(c, {row, 1});
        if (!frames[i]->empty()) activity.add_foremost(frames[i]->front(), {row, 1});
    }
    return activity;
}

/// By counting, frame after frame. @param order  of the labels, by which ties are decided
std::optional<std::size_t> counted(std::span<const Frame> frames, const LabelChoice& choice,
                                   std::span<const std::size_t> order) {
    std::map<std::size_t, int> count;
    for (const Frame& frame : frames) {
        if (!frame) continue;
        if (!frame->empty()) ++count[frame->front()];
        if (frame->empty() && choice.background) ++count[*choice.background];
    }
    if (choice.anywhere && choice.background && count.size() > 1) count.erase(*choice.background);
    std::optional<std::size_t> best;
    for (const std::size_t label : order) {
        if (count[label] > (best ? count[*best] : 0)) best = label;
    }
    return best;
}

TEST(LabelChoice, is_what_counting_says) {
    std::mt19937 random(4);
    for (int round = 0; round < 300; ++round) {
        std::vector<Frame> frames;
        while (frames.size() < 60) {
            Frame frame;
            if (random() % 4 > 0) {
                frame.emplace();
                for (const std::size_t c : {0U, 2U, 3U})
                    if (random() % 3 == 0) frame->insert(frame->begin() + random() % (frame->size() + 1), c);
            }
            frames.insert(frames.end(), random() % 9 + 1, frame);
        }
        const auto activity = activity_of(frames, 4);
        LabelChoice choice{{}, {}, round % 3 == 0};
        if (round % 2 == 0) choice.background = 1;
        std::vector<std::size_t> order{0, 1, 2, 3};
        if (round % 5 == 0) {
            choice.outside = 3;
            order = {3, 0, 1, 2};
        }
        for (const std::size_t count : {1U, 2U, 10U, 60U}) {
            for (std::size_t first = 0; first + count <= frames.size(); ++first) {
                const auto some = std::span(frames).subspan(first, count);
                const auto tally =
                    activity.tally({static_cast<std::int64_t>(first), static_cast<std::int64_t>(count)});
                const auto one = choice.one(tally);
                ASSERT_EQ(one, counted(some, choice, order)) << round << ' ' << first << ' ' << count;
                const auto all = choice.all(tally);
                ASSERT_EQ(all.empty(), !one);
                ASSERT_TRUE(!one || all.front() == *one);
                const auto known = std::ranges::count_if(some, [](const Frame& f) { return f.has_value(); });
                for (const std::size_t c : {0U, 2U, 3U}) {
                    const auto there = std::ranges::count_if(some, [&](const Frame& f) { return has(f, c); });
                    const bool much = choice.anywhere ? there > 0 : 2 * there > known;
                    ASSERT_EQ(std::ranges::count(all, c), one && (one == c || much) ? 1 : 0);
                }
            }
        }
    }
}

TEST(LabelChoice, the_background_yields_to_what_sounds_over_it) {
    Activity activity(2);
    activity.add_labelled({0, 10});
    activity.add_foremost(0, {0, 10});
    activity.add(1, {2, 8});
    activity.yield(0);
    const auto other = activity.renumbered(std::vector<std::optional<std::size_t>>{{}, 1}, 2);
    const LabelChoice choice{0, {}, false};
    EXPECT_EQ(choice.one(other.tally({0, 10})), 1U);
    EXPECT_EQ(choice.one(other.tally({0, 3})), 0U);
}

// What recordings were before labels could overlap.
TEST(LabelChoice, a_recording_has_the_label_of_most_frames_that_are_no_background) {
    const auto whole = [](const std::vector<int>& classes, std::optional<std::size_t> background) {
        std::vector<Frame> frames;
        for (const int c : classes) {
            frames.emplace_back();
            if (c < 0) continue;
            frames.back().emplace();
            if (static_cast<std::size_t>(c) != background)
                frames.back()->push_back(static_cast<std::size_t>(c));
        }
        const auto count = static_cast<std::int64_t>(frames.size());
        return LabelChoice{background, {}, true}.all(activity_of(frames, 3).tally({0, count}));
    };
    EXPECT_THAT(whole({0, 0, 0, 1, 0, -1, -1}, 0), ElementsAre(1U));
    EXPECT_THAT(whole({2, 1, 1, 0, 0, 2, 2}, 0), ElementsAre(2U, 1U));
    EXPECT_THAT(whole({2, 1, 0, 0, 0}, 0), ElementsAre(1U, 2U));  // the lowest of equals first
    EXPECT_THAT(whole({0, 0, 1}, {}), ElementsAre(0U, 1U));
    EXPECT_THAT(whole({-1, 0, -1, -1}, 0), ElementsAre(0U));
    EXPECT_THAT(whole({-1, -1}, 0), IsEmpty());
    EXPECT_THAT(whole({}, 0), IsEmpty());
}

}  // namespace
}  // namespace earshot::dataset
