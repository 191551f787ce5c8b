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

void EventFinder::begin(Recording recording) {
    recording_ = std::move(recording);
    suppressor_.begin(recording_.at_once);
    if (quiet_) quiet_->begin(recording_.start_s);
    EventDetector::Recording detector{recording_.start_s, recording_.at_once};
    if (recording_.on_start || recording_.on_candidate)
        detector.on_start = [this](const label::Event& event) { start(event); };
    if (recording_.on_reject) detector.on_reject = [this](const Rejection& rejection) { reject(rejection); };
    detector_.begin(std::move(detector));
}

void EventFinder::push(std::span<const float> scores, double level_dbfs, const Sink& sink) {
    detector_.push(gated(scores, level_dbfs), [&](const label::Event& event) {
        suppressor_.push(event);
        release(sink);  // before another event starts with the same window
    });
    if (quiet_) quiet_->push(scores, level_dbfs, [&](const Rejection& rejection) { reject(rejection); });
    release(sink);
}

void EventFinder::release(const Sink& sink) {
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

void EventFinder::start(const label::Event& event) const {
    if (!is_reported(event.label)) return;
    const auto& sink = suppressor_.may_mute(event.label) ? recording_.on_candidate : recording_.on_start;
    if (sink) sink(event);
}

void EventFinder::report(const label::Event& event, const Sink& sink) const {
    if (!is_reported(event.label)) return;
    if (recording_.on_start && suppressor_.may_mute(event.label)) recording_.on_start(event);
    sink(event);
}

void EventFinder::reject(const Rejection& rejection) const {
    if (recording_.on_reject && is_reported(rejection.sound.label)) recording_.on_reject(rejection);
}

}  // namespace earshot::detect
