#include "detect/near_misses.h"

#include <algorithm>
#include <utility>

namespace earshot::detect {
namespace {

void extend(std::optional<WindowRun>& run, std::int64_t window, float score) {
    if (!run) run = WindowRun{window, window, score};
    run->extend(window, score);
}

}  // namespace

std::optional<NearMiss> NearMisses::take(std::int64_t window, float score, Height height, std::size_t hits) {
    const bool fades = std::exchange(after_event_, false);
    if (height == Height::far) return hits > 0 ? std::nullopt : close();
    // Once the cool-down is over, the same sound may be an event.
    std::optional<NearMiss> ended;
    if (height == Height::hit && open_ && open_->cold) ended = close();
    if (!open_) open_ = Open{{window, window, score}, {}, {}, 0, fades};
    open_->near.extend(window, score);
    if (height == Height::hit) extend(open_->hit, window, score);
    if (height == Height::cold_hit) extend(open_->cold, window, score);
    open_->hits = std::max(open_->hits, hits);
    return ended;
}

std::optional<NearMiss> NearMisses::event() {
    after_event_ = true;
    if (open_ && open_->cold) return close();
    open_.reset();
    return std::nullopt;
}

std::optional<NearMiss> NearMisses::finish() {
    after_event_ = false;
    return close();
}

std::optional<NearMiss> NearMisses::close() {
    const auto open = std::exchange(open_, std::nullopt);
    if (!open) return std::nullopt;
    if (open->cold) return NearMiss{*open->cold, NearMiss::Kind::cool_down};
    if (open->hit) return NearMiss{*open->hit, NearMiss::Kind::confirm, open->hits};
    if (open->fades) return std::nullopt;
    return NearMiss{open->near, NearMiss::Kind::threshold};
}

}  // namespace earshot::detect
