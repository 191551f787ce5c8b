#include "detect/event_finder.h"

#include <algorithm>
#include <utility>

namespace earshot::detect {

EventFinder::EventFinder(EventRules rules, std::size_t labels, windows::WindowGrid grid)
    : min_level_dbfs_(rules.min_level_dbfs),
      unreported_(std::move(rules.unreported)),
      any_sound_(rules.classes.size() > labels),
      gated_(rules.classes.size()),
      detector_(rules.classes, grid),
      suppressor_(std::move(rules.suppressions)) {
    if (min_level_dbfs_) quiet_.emplace(rules.classes, grid, *min_level_dbfs_);
}

void EventFinder::begin(EventDetector::Recording recording) {
    suppressor_.begin(recording.at_once);
    if (quiet_) quiet_->begin(recording.start_s);
    on_start_ = std::exchange(recording.on_start, {});
    on_reject_ = std::exchange(recording.on_reject, {});
    if (on_start_) {
        recording.on_start = [this](const label::Event& event) {
            if (is_reported(event.label) && !suppressor_.may_mute(event.label)) on_start_(event);
        };
    }
    if (on_reject_) recording.on_reject = [this](const Rejection& rejection) { reject(rejection); };
    detector_.begin(std::move(recording));
}

void EventFinder::push(std::span<const float> scores, double level_dbfs, const Sink& sink) {
    detector_.push(gated(scores, level_dbfs), [&](const label::Event& event) { suppressor_.push(event); });
    if (quiet_) quiet_->push(scores, level_dbfs, [&](const Rejection& rejection) { reject(rejection); });
    suppressor_.release([&](const std::string& label) { return detector_.outlook(label); },
                        [&](const label::Event& event) { report(event, sink); },
                        [&](const Rejection& rejection) { reject(rejection); });
}

void EventFinder::finish(double end_s, const Sink& sink) {
    if (quiet_) quiet_->finish(end_s, [&](const Rejection& rejection) { reject(rejection); });
    detector_.finish(end_s, [&](const label::Event& event) { suppressor_.push(event); });
    suppressor_.finish([&](const label::Event& event) { report(event, sink); },
                       [&](const Rejection& rejection) { reject(rejection); });
}

void EventFinder::set_thresholds(std::size_t class_index, double on_threshold, double off_threshold) {
    detector_.set_thresholds(class_index, on_threshold, off_threshold);
    if (quiet_) quiet_->set_threshold(class_index, on_threshold);
}

std::span<const float> EventFinder::gated(std::span<const float> scores, double level_dbfs) {
    if (!min_level_dbfs_) return scores;
    const float loud = level_dbfs >= *min_level_dbfs_ ? 1 : 0;
    std::ranges::transform(scores, gated_.begin(), [&](float score) { return score * loud; });  // NaN stays
    if (any_sound_) gated_.back() = loud;
    return gated_;
}

bool EventFinder::is_reported(const std::string& label) const {
    return std::ranges::find(unreported_, label) == unreported_.end();
}

void EventFinder::report(const label::Event& event, const Sink& sink) const {
    if (!is_reported(event.label)) return;
    if (on_start_ && suppressor_.may_mute(event.label)) on_start_(event);
    sink(event);
}

void EventFinder::reject(const Rejection& rejection) const {
    if (on_reject_ && is_reported(rejection.sound.label)) on_reject_(rejection);
}

}  // namespace earshot::detect
