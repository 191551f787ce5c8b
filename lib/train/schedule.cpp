#include "train/schedule.h"

#include <cmath>
#include <numbers>

namespace earshot::train {
namespace {

/// From 1 at 0 to 0 at 1.
double half_cosine(double x) { return 0.5 + 0.5 * std::cos(std::numbers::pi * x); }

}  // namespace

double rate_share(Schedule schedule, double done) {
    constexpr double kClimb = 0.3, kFirst = 1.0 / 25;
    if (schedule == Schedule::cosine) return half_cosine(done);
    if (schedule != Schedule::one_cycle) return 1;
    if (done < kClimb) return 1 - (1 - kFirst) * half_cosine(done / kClimb);
    return half_cosine((done - kClimb) / (1 - kClimb));
}

}  // namespace earshot::train
