#include "detect/quiet_sounds.h"

#include <algorithm>
#include <utility>

namespace earshot::detect {

QuietSounds::QuietSounds(const std::vector<EventRule>& rules, windows::WindowGrid grid, double min_level_dbfs)
    : grid_(grid), min_level_dbfs_(min_level_dbfs) {
    for (const auto& rule : rules) tracks_.push_back({rule.label, rule.on_threshold, {}});
}

void QuietSounds::begin(double start_s) {
    grid_.start_s = start_s;
    next_ = 0;
    for (auto& track : tracks_) track.run.reset();
}

void QuietSounds::push(std::span<const float> scores, double level_dbfs, const RejectionSink& sink) {
    const std::int64_t window = next_++;
    for (std::size_t c = 0; c < std::min(scores.size(), tracks_.size()); ++c) {
        auto& track = tracks_[c];
        if (track.label.empty()) continue;
        if (level_dbfs < min_level_dbfs_ && static_cast<double>(scores[c]) >= track.threshold) {
            if (!track.run) {
                track.run = WindowRun{window, window, scores[c]};
                track.loudest_dbfs = level_dbfs;
            }
            track.run->extend(window, scores[c]);
            track.loudest_dbfs = std::max(track.loudest_dbfs, level_dbfs);
        } else if (track.run) {
            sink(close(track, {}));
        }
    }
}

void QuietSounds::finish(double end_s, const RejectionSink& sink) {
    for (auto& track : tracks_)
        if (track.run) sink(close(track, end_s));
}

void QuietSounds::set_threshold(std::size_t class_index, double on_threshold) {
    tracks_[class_index].threshold = on_threshold;
}

Rejection QuietSounds::close(Track& track, std::optional<double> end_s) const {
    const auto run = *std::exchange(track.run, std::nullopt);
    return {end_s ? event_of(grid_, run, track.label, *end_s, run.last + 1 == next_)
                  : event_of(grid_, run, track.label),
            TooQuiet{track.loudest_dbfs, min_level_dbfs_}};
}

}  // namespace earshot::detect
