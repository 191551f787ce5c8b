#include "dataset/class_runs.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace earshot::dataset {
namespace {

/// By counting, one frame after the other.
std::int64_t counted(const std::vector<std::int64_t>& classes, std::int64_t first, std::int64_t count) {
    std::map<std::int64_t, int> frames;
    for (auto i = first; i < std::min<std::int64_t>(first + count, static_cast<std::int64_t>(classes.size()));
         ++i)
        ++frames[classes[static_cast<std::size_t>(i)]];
    frames.erase(-1);
    std::int64_t best = -1;
    for (const auto& [c, number] : frames) {
        if (best < 0 || number > frames[best]) best = c;
    }
    return best;
}

TEST(ClassRuns, say_what_counting_says) {
    std::mt19937 random(4);
    for (int round = 0; round < 50; ++round) {
        std::vector<std::int64_t> classes;
        while (classes.size() < 60)
            classes.insert(classes.end(), random() % 9 + 1, static_cast<std::int64_t>(random() % 4) - 1);
        ClassRuns runs;
        const std::span all(classes);
        runs.add(all.first(17));
        runs.add(all.subspan(17));
        EXPECT_EQ(runs.rows(), static_cast<std::int64_t>(classes.size()));
        for (const std::int64_t count : {1, 2, 10, 100}) {
            for (std::int64_t first = 0; first < runs.rows(); ++first)
                ASSERT_EQ(runs.dominant(first, count), counted(classes, first, count))
                    << first << ' ' << count;
        }
    }
}

TEST(ClassRuns, hours_of_one_class_are_one_run) {
    ClassRuns runs;
    const std::vector<std::int64_t> classes(100000, 2);
    for (int i = 0; i < 10; ++i) runs.add(classes);
    EXPECT_EQ(runs.runs().size(), 1U);
    EXPECT_EQ(runs.highest(), 2);
    EXPECT_EQ(ClassRuns().highest(), -1);
}

TEST(ClassRuns, a_recording_has_the_class_of_most_frames_that_are_no_background) {
    const auto whole = [](const std::vector<std::int64_t>& classes, std::int64_t background) {
        ClassRuns runs;
        runs.add(classes);
        return runs.of_recording(background);
    };
    EXPECT_EQ(whole({0, 0, 0, 1, 0, -1, -1}, 0), 1);
    EXPECT_EQ(whole({2, 1, 1, 0, 0, 2, 2}, 0), 2);
    EXPECT_EQ(whole({2, 1, 0, 0, 0}, 0), 1);  // the lowest of equals
    EXPECT_EQ(whole({0, 0, 1}, -1), 0);
    EXPECT_EQ(whole({-1, 0, -1, -1}, 0), 0);
    EXPECT_EQ(whole({-1, -1}, 0), -1);
    EXPECT_EQ(whole({}, 0), -1);
}

}  // namespace
}  // namespace earshot::dataset
