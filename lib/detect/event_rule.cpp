#include "detect/event_rule.h"

#include <fmt/format.h>

#include <cmath>

#include "support/error.h"

namespace earshot::detect {

void check(const EventRule& rule) {
    const auto fail = [&](const std::string& what) {
        throw Error(fmt::format("event rule of '{}': {}", rule.label, what));
    };
    if (!std::isfinite(rule.on_threshold) || !std::isfinite(rule.off_threshold))
        fail("a threshold must be a number");
    if (rule.off_threshold > rule.on_threshold)
        fail("the threshold to end an event must not exceed the one to begin it");
    if (!(rule.min_duration_s >= 0)) fail("the minimum duration must not be negative");
    if (!(rule.merge_gap_s >= 0)) fail("the merge gap must not be negative");
    if (!(rule.cool_down_s >= 0)) fail("the cool-down must not be negative");
    const bool odd = rule.median_windows % 2 == 1;
    if (!odd || rule.median_windows < 1 || rule.median_windows > EventRule::kMaxMedianWindows) {
        fail(fmt::format("the median filter needs an odd number of windows from 1 to {}",
                         EventRule::kMaxMedianWindows));
    }
    const auto [hits, windows] = rule.confirm;
    if (hits < 1 || hits > windows || windows > Confirmation::kMaxWindows)
        fail(fmt::format("{} of {} windows cannot confirm an event", hits, windows));
}

}  // namespace earshot::detect
