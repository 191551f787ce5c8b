#include "locate/event_locator.h"

#include <algorithm>

namespace earshot::locate {
namespace {

// Factor on the weight of a frame for each further event that shares it.
constexpr float kShared = 0.1F;
// Minimum weight of every bin: an event is known to sound, so a direction is needed even if it never rises
// above the earlier noise. Too small to matter otherwise.
constexpr float kLeastWeight = 0.003F;
constexpr double kCoherent = 0.12;  // diffuse noise, averaged over an event, stays below this

}  // namespace

EventLocator::EventLocator(const ArrayGeometry& geometry, int rate_hz, int channels,
                           const FinderSettings& settings)
    : grid_(rate_hz),
      geometry_(geometry),
      field_(geometry, grid_, channels),
      finder_(geometry, grid_, settings),
      weight_(grid_.bins) {}

void EventLocator::add(double onset_s, double offset_s) {
    events_.push_back({count_++, onset_s, offset_s, {}, {}});
}

void EventLocator::push(std::span<const float> interleaved, const Sink& sink) {
    field_.push(interleaved, [&](const FieldFrame& frame) { hear(frame); });
    hand_over(sink);
}

void EventLocator::hear(const FieldFrame& frame) {
    const double begin_s = static_cast<double>(frame.mics.start) / grid_.rate_hz;
    const double middle_s = begin_s + 0.5 * grid_.size / grid_.rate_hz;
    sounding_.clear();
    for (auto& event : events_) {
        if (event.onset_s > middle_s) break;
        if (event.done) continue;
        if (event.offset_s <= middle_s) {
            conclude(event);
            continue;
        }
        sounding_.push_back(&event);
    }
    const float share = std::pow(kShared, static_cast<float>(sounding_.size()) - 1);
    for (std::size_t k = 0; k < geometry_.arrays.size() && !sounding_.empty(); ++k) {
        weight_ = frame.weights[k].max(kLeastWeight);
        for (auto* event : sounding_) {
            if (event->spectra.size() <= k) event->spectra.emplace_back(geometry_.arrays[k], grid_.bins);
            event->spectra[k].add(frame.mics, weight_, share);
        }
    }
}

void EventLocator::conclude(Pending& event) {
    event.done = true;
    if (event.spectra.size() < geometry_.arrays.size()) return;  // shorter than a frame
    const auto sightings = finder_.find(event.spectra);
    event.spectra = {};
    if (sightings.empty()) return;
    const auto fix = triangulate(sightings.front(), geometry_);
    if (fix.coherence >= kCoherent) event.position = Position{fix, finder_.is_ambiguous(), fix.coherence};
}

void EventLocator::hand_over(const Sink& sink) {
    while (!events_.empty() && events_.front().done) {
        const auto event = std::move(events_.front());
        events_.pop_front();
        sink(event.number, event.position);
    }
}

void EventLocator::finish(const Sink& sink) {
    for (auto& event : events_) {
        if (!event.done) conclude(event);
    }
    hand_over(sink);
}

}  // namespace earshot::locate
