#include "batch/ordered_parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace earshot::batch {
namespace {

TEST(OrderedParallel, HandsOverInOrderOnTheCallingThread) {
    for (const int jobs : {1, 2, 5}) {
        std::vector<std::size_t> order;
        const auto caller = std::this_thread::get_id();
        ordered_parallel(
            50, jobs,
            [](std::size_t i, int) {
                std::this_thread::sleep_for(std::chrono::microseconds(i % 7 == 0 ? 500 : 1));
                return i * i;
            },
            [&](std::size_t i, std::size_t square) {
                EXPECT_EQ(std::this_thread::get_id(), caller);
                EXPECT_EQ(square, i * i);
                order.push_back(i);
            });
        ASSERT_EQ(order.size(), 50u);
        EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    }
}

TEST(OrderedParallel, KeepsFewResultsWaiting) {
    constexpr int jobs = 2;
    std::atomic<std::size_t> handed = 0, ahead = 0;
    ordered_parallel(
        200, jobs,
        [&](std::size_t i, int worker) {
            EXPECT_TRUE(worker == 0 || worker == 1);
            if (i == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // all others wait for it
            std::size_t most = ahead;
            while (i - std::min(i, handed.load()) > most && !ahead.compare_exchange_weak(most, i - handed))
                continue;
            return i;
        },
        [&](std::size_t, std::size_t) { ++handed; });
    EXPECT_LE(ahead, 4u * jobs);
}

TEST(OrderedParallel, ThrowsTheErrorOfTheLowestIndexAndStops) {
    for (const int jobs : {1, 3}) {
        std::size_t handed = 0;
        try {
            ordered_parallel(
                1000, jobs,
                [](std::size_t i, int) {
                    if (i >= 5) throw std::runtime_error(std::to_string(i));
                    return i;
                },
                [&](std::size_t, std::size_t) { ++handed; });
            FAIL() << "no exception";
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "5");
        }
        EXPECT_EQ(handed, 5u);
    }
}

TEST(OrderedParallel, AnErrorOfTheReceiverStopsTheWorkers) {
    EXPECT_THROW(ordered_parallel(
                     1000, 2, [](std::size_t i, int) { return i; },
                     [](std::size_t i, std::size_t) {
                         if (i == 3) throw std::runtime_error("disk full");
                     }),
                 std::runtime_error);
}

#if defined(__SSE2__) || defined(__aarch64__)
TEST(Denormals, AreZeroInTheThreadAndThoseItStarts) {
    const auto half = [] {
        volatile float smallest = std::numeric_limits<float>::min();
        return static_cast<float>(smallest * 0.5f);  // denormal unless flushed
    };
    float here = -1, below = -1;
    std::thread([&] {
        EXPECT_GT(half(), 0.0f) << "denormals are flushed before anybody asked for it";
        flush_denormals_to_zero();
        here = half();
        std::thread([&] { below = half(); }).join();
    }).join();
    EXPECT_EQ(here, 0.0f);
    EXPECT_EQ(below, 0.0f);
}

TEST(OrderedParallel, WorkersFlushDenormals) {
    ordered_parallel(
        4, 2,
        [](std::size_t, int) {
            volatile float smallest = std::numeric_limits<float>::min();
            return static_cast<float>(smallest * 0.5f);
        },
        [](std::size_t, float half) { EXPECT_EQ(half, 0.0f); });
}
#endif

}  // namespace
}  // namespace earshot::batch
