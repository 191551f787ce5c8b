#pragma once

#include <cstdint>
#include <optional>

#include "detect/window_run.h"

namespace earshot::detect {

/// A sound that came near an event, in windows.
struct NearMiss {
    enum class Kind { threshold, confirm, cool_down };
    WindowRun run;  // of windows near the threshold; for the others, of those that reached it
    Kind kind;
    std::size_t hits = 0;  // confirm: the most that counted together
};

/// Finds what came near an event of one class, among the windows in which there is none. What leads up to an
/// event or fades out after it belongs to that event, and is not a near miss.
class NearMisses {
 public:
    enum class Height {
        far,      // below kNearThreshold of the threshold
        near,     // from there on
        hit,      // at or above the threshold
        cold_hit  // likewise, in the cool-down
    };

    /// A window without an event.
    /// @param hits  how many windows at or above the threshold, up to this one, may still confirm an event
    /// @return  the near miss that ends here, if any
    std::optional<NearMiss> take(std::int64_t window, float score, Height height, std::size_t hits);
    /// An event begins. The next window that is taken follows it.
    std::optional<NearMiss> event();
    /// The recording ends.
    std::optional<NearMiss> finish();

 private:
    struct Open {
        WindowRun near;
        std::optional<WindowRun> hit, cold;
        std::size_t hits = 0;
        bool fades = false;  // it follows an event
    };
    std::optional<NearMiss> close();

    std::optional<Open> open_;
    bool after_event_ = false;
};

}  // namespace earshot::detect
