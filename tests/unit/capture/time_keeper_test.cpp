#include "capture/time_keeper.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "capture/back_off.h"
#include "unit/capture/fakes.h"

namespace earshot::capture {
namespace {

/// A device of 48 kHz nominal whose clock is fast by `ppm`, and which reports its blocks with exponential
/// delays.
void run_device(TimeKeeper& keeper, FakeClock& clock, double ppm, double seconds, double delay_s) {
    std::mt19937 random(1);
    std::exponential_distribution<double> delay(delay_s > 0 ? 1 / delay_s : 1e9);
    const SteadyTime begin = clock.steady();
    keeper.start(0, begin);
    const double rate = 48000 * (1 + ppm * 1e-6);
    double passed = 0;
    for (std::int64_t position = 960; static_cast<double>(position) < seconds * rate; position += 960) {
        const double true_s = static_cast<double>(position) / rate;
        clock.pass(true_s - passed);
        passed = std::round(1e6 * true_s) / 1e6;  // the clock counts microseconds
        const auto late = std::chrono::duration<double>(delay(random));
        keeper.observe(position, clock.steady() + std::chrono::duration_cast<SteadyTime::duration>(late));
    }
}

TEST(TimeKeeper, MeasuresDriftThroughJitter) {
    for (const double ppm : {-100.0, 0.0, 37.0, 250.0}) {
        FakeClock clock;
        TimeKeeper keeper(48000, clock);
        run_device(keeper, clock, ppm, 25, 0.005);
        EXPECT_FALSE(keeper.drift_ppm()) << "too early to tell";
        run_device(keeper, clock, ppm, 600, 0.005);
        ASSERT_TRUE(keeper.drift_ppm());
        EXPECT_NEAR(*keeper.drift_ppm(), ppm, 1) << ppm;
    }
}

TEST(TimeKeeper, TimesFollowTheClockRatherThanTheNominalRate) {
    FakeClock clock;
    TimeKeeper keeper(48000, clock);
    const UtcTime begin = clock.utc();
    run_device(keeper, clock, 200, 3600, 0.005);  // 0.72 s by then
    const double rate = 48000 * (1 + 200e-6);
    const auto position = static_cast<std::int64_t>(3600 * rate);
    EXPECT_NEAR(std::chrono::duration<double>(keeper.utc(position) - begin).count(), 3600, 0.01);
    EXPECT_NEAR(static_cast<double>(keeper.position_at(keeper.steady(position))),
                static_cast<double>(position), 1);
}

TEST(BackOff, GrowsToHalfAMinuteAndVariesByAQuarter) {
    BackOff back_off(7);
    double expected_s = 0.5;
    for (int i = 0; i < 12; ++i) {
        const double delay_s = std::chrono::duration<double>(back_off.next()).count();
        EXPECT_GE(delay_s, 0.75 * expected_s - 0.001);
        EXPECT_LE(delay_s, 1.25 * expected_s);
        expected_s = std::min(2 * expected_s, 30.0);
    }
    back_off.reset();
    EXPECT_LE(back_off.next(), std::chrono::milliseconds(625));
}

}  // namespace
}  // namespace earshot::capture
