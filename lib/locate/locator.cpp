#include "locate/locator.h"

#include <algorithm>
#include <cmath>

namespace earshot::locate {
namespace {

constexpr double kMemory_s = 0.15;  // time in which sound fades to 1/e
// There is sound if this fraction of all bins is clearly above the noise; in steady noise, a few in ten
// thousand are.
constexpr double kActive = 0.01;
// Minimum coherence for a direction; diffuse sound has about 0.1.
constexpr double kLocatorCoherent = 0.2;

}  // namespace

Locator::Locator(const ArrayGeometry& geometry, int rate_hz, int channels, const FinderSettings& settings,
                 double updates_hz)
    : grid_(rate_hz),
      updates_hz_(updates_hz),
      fade_(static_cast<float>(std::exp(-1 / updates_hz / kMemory_s))),
      field_(geometry, grid_, channels),
      finder_(geometry, grid_, settings),
      geometry_(geometry),
      channels_(channels) {
    for (const auto& array : geometry.arrays) spectra_.emplace_back(array, grid_.bins);
}

void Locator::push(std::span<const float> interleaved, const Sink& sink) {
    field_.push(interleaved, [&](const FieldFrame& frame) { add(frame, sink); });
    samples_ += static_cast<std::int64_t>(interleaved.size()) / channels_;
}

void Locator::add(const FieldFrame& frame, const Sink& sink) {
    // A frame belongs to the update that contains its middle.
    const double middle_s = (static_cast<double>(frame.mics.start) + grid_.size / 2) / grid_.rate_hz;
    while (middle_s >= boundary_s(update_ + 1)) end_update(boundary_s(update_ + 1), sink);
    for (std::size_t k = 0; k < spectra_.size(); ++k) {
        spectra_[k].add(frame.mics, frame.weights[k]);
        weight_ += static_cast<double>(frame.weights[k].sum());
    }
    ++frames_;
}

void Locator::finish(const Sink& sink) {
    if (frames_ == 0) return;
    end_update(std::min(static_cast<double>(samples_) / grid_.rate_hz, boundary_s(update_ + 1)), sink);
}

void Locator::end_update(double offset_s, const Sink& sink) {
    Update update{boundary_s(update_), offset_s, false, {}, {}};
    const double bins = static_cast<double>(frames_) * grid_.bins * static_cast<double>(spectra_.size());
    update.active = weight_ > kActive * bins;
    std::vector<Tracker::Tracked> heard;
    if (update.active) {
        auto sightings = finder_.find(spectra_);
        std::erase_if(sightings, [](const Sighting& sighting) {
            return std::ranges::all_of(sighting,
                                       [](const Bearing& b) { return b.coherence < kLocatorCoherent; });
        });
        heard = tracker_.update(offset_s, sightings);
    }
    for (const auto& [id, sighting] : heard) {
        update.track = id;
        const auto fix = triangulate(sighting, geometry_);
        update.position = Position{fix, finder_.is_ambiguous(), fix.coherence};
        sink(update);
    }
    if (heard.empty()) sink(update);
    for (auto& spectra : spectra_) spectra.scale(fade_);
    ++update_;
    frames_ = 0;
    weight_ = 0;
}

}  // namespace earshot::locate
