#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "label/timeline.h"

namespace earshot::detect {

/// How many of how many successive windows must reach the threshold before an event begins.
struct Confirmation {
    int hits = 1, windows = 1;  // 1 <= hits <= windows <= kMaxWindows
    static constexpr int kMaxWindows = 9999;
};

// Why a sound made no event, each with what it fell short of:

/// It came near the threshold (kNearThreshold), and did not reach it.
struct BelowThreshold {
    double threshold;
};
/// Fewer windows reached the threshold than the confirmation asks for.
struct Unconfirmed {
    std::size_t hits;  // the most that were close enough together
    Confirmation wanted;
};
/// It was shorter than the minimum duration.
struct TooShort {
    double min_duration_s;
};
/// It reached the threshold too soon after another event of its label.
struct CoolingDown {
    double until_s;  // when the next event may begin
};
/// It reached the threshold, but all of it was below the minimum level.
struct TooQuiet {
    double level_dbfs;  // of its loudest window
    double min_level_dbfs;
};
/// It was an event, and another one mutes it.
struct Suppressed {
    std::string near;     // label of the other event
    double near_onset_s;  // and when that began
    double within_s;      // time of the rule
};

/// A sound that was almost an event.
struct Rejection {
    label::Event sound;  // with its highest score
    std::variant<BelowThreshold, Unconfirmed, TooShort, CoolingDown, TooQuiet, Suppressed> reason;
};

/// A score comes near a threshold from this fraction of it on.
inline constexpr double kNearThreshold = 0.5;

using RejectionSink = std::function<void(const Rejection&)>;

/// A line of detect --rejected. earshot-formats(5), REJECTED.
nlohmann::ordered_json rejection_row(const std::string& file, const Rejection& rejection);

}  // namespace earshot::detect
