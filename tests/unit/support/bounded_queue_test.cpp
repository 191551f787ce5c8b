#include "support/bounded_queue.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace earshot {
namespace {

using namespace std::chrono_literals;

std::exception_ptr failure(const char* what) { return std::make_exception_ptr(std::runtime_error(what)); }

/// True once `condition` holds; waits for it, but not for ever.
template <class Condition>
bool soon(const Condition& condition) {
    for (int i = 0; i < 5000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
    return condition();
}

TEST(BoundedQueue, GivesValuesBackInOrder) {
    BoundedQueue<int> queue(3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(), i);
    EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, HoldsNoMoreThanItsCapacity) {
    BoundedQueue<std::string> queue(2);
    EXPECT_TRUE(queue.try_push("a"));
    EXPECT_TRUE(queue.try_push("b"));
    std::string third = "c";
    EXPECT_FALSE(queue.try_push(std::move(third)));
    EXPECT_EQ(third, "c");  // NOLINT(bugprone-use-after-move): left as it was
    EXPECT_EQ(queue.pop(), "a");
    EXPECT_TRUE(queue.try_push(std::move(third)));
    EXPECT_EQ(queue.pop(), "b");
    EXPECT_EQ(queue.pop(), "c");
}

TEST(BoundedQueue, MeasuresValuesByTheSizeThatTheyAreSaidToHave) {
    BoundedQueue<int> queue(10);
    EXPECT_TRUE(queue.try_push(1, 7));
    EXPECT_FALSE(queue.try_push(2, 4));
    EXPECT_TRUE(queue.try_push(3, 3));
    EXPECT_TRUE(queue.try_push(4, 0));  // always fits
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_TRUE(queue.try_push(2, 7));
    for (const int value : {3, 4, 2}) EXPECT_EQ(queue.pop(), value);
    EXPECT_TRUE(queue.try_push(5, 1000));  // more than ever fits, but nothing is in the way
    EXPECT_FALSE(queue.try_push(6, 1));
    EXPECT_EQ(queue.pop(), 5);
}

TEST(BoundedQueue, PushWaitsUntilThereIsRoom) {
    BoundedQueue<int> queue(1);
    queue.push(1);
    std::atomic<bool> pushed = false;
    std::jthread thread([&] {
        queue.push(2);
        pushed = true;
    });
    std::this_thread::sleep_for(20ms);
    EXPECT_FALSE(pushed);
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_TRUE(soon([&] { return pushed.load(); }));
    EXPECT_EQ(queue.pop(), 2);
}

TEST(BoundedQueue, PopWaitsForAValue) {
    BoundedQueue<int> queue(1);
    std::jthread thread([&] {
        std::this_thread::sleep_for(20ms);
        queue.push(7);
    });
    EXPECT_EQ(queue.pop(), 7);
}

TEST(BoundedQueue, ClosedItRefusesValuesAndGivesOutWhatItHas) {
    BoundedQueue<int> queue(3);
    queue.push(1);
    queue.push(2);
    queue.close();
    EXPECT_FALSE(queue.push(3));
    EXPECT_FALSE(queue.try_push(3));
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.try_pop(), 2);
    EXPECT_EQ(queue.pop(), std::nullopt);
    EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, ClosingEndsEveryWait) {
    BoundedQueue<int> full(1), empty(1);
    full.push(0);
    std::vector<std::jthread> threads;
    std::atomic<int> ended = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            EXPECT_FALSE(full.push(1));
            ++ended;
        });
        threads.emplace_back([&] {
            EXPECT_EQ(empty.pop(), std::nullopt);
            ++ended;
        });
    }
    std::this_thread::sleep_for(20ms);
    full.close();
    empty.close();
    EXPECT_TRUE(soon([&] { return ended == 8; }));
    threads.clear();
    EXPECT_EQ(full.pop(), 0);
}

TEST(BoundedQueue, AFailureComesAfterTheValuesBeforeIt) {
    BoundedQueue<int> queue(3);
    queue.push(1);
    queue.fail(failure("broken"));
    queue.fail(failure("another"));
    queue.close();
    EXPECT_FALSE(queue.push(2));
    EXPECT_EQ(queue.pop(), 1);
    for (int i = 0; i < 2; ++i)
        EXPECT_THAT([&] { queue.pop(); }, testing::ThrowsMessage<std::runtime_error>("broken"));
    EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, CarriesWhatCanOnlyBeMoved) {
    BoundedQueue<std::unique_ptr<int>> queue(1);
    EXPECT_TRUE(queue.push(std::make_unique<int>(5)));
    EXPECT_EQ(**queue.pop(), 5);
}

TEST(BoundedQueue, BetweenManyThreadsNothingIsLostOrDoubledAndEachPushersOrderIsKept) {
    constexpr int kThreads = 4, kEach = 5000;
    BoundedQueue<int> queue(7);
    std::vector<std::vector<int>> taken(kThreads);
    {
        std::vector<std::jthread> poppers;
        for (auto& values : taken)
            poppers.emplace_back([&queue, &values] {
                while (const auto value = queue.pop()) values.push_back(*value);
            });
        {
            std::vector<std::jthread> pushers;
            for (int thread = 0; thread < kThreads; ++thread)
                pushers.emplace_back([&queue, thread] {
                    for (int i = 0; i < kEach; ++i) EXPECT_TRUE(queue.push(thread * kEach + i, 1 + i % 3));
                });
        }
        queue.close();
    }
    std::vector<int> all;
    for (const auto& values : taken) {
        std::vector<int> last(kThreads, -1);
        for (const int value : values) {
            auto& before = last[static_cast<std::size_t>(value / kEach)];
            EXPECT_LT(before, value);
            before = value;
        }
        all.insert(all.end(), values.begin(), values.end());
    }
    std::ranges::sort(all);
    std::vector<int> expected(kThreads * kEach);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace earshot
