#include "dataset/frame_activity.h"

#include <algorithm>

#include "dataset/framing.h"
#include "frontend/frontend.h"

namespace earshot::dataset {
namespace {

bool any_overlap(const label::Timeline& timeline) {
    double until_s = 0;
    for (const auto& event : timeline.events) {
        if (event.onset_s < until_s) return true;
        until_s = std::max(until_s, event.offset_s);
    }
    return false;
}

}  // namespace

void FrameActivity::push(std::span<const std::int64_t> classes) {
    for (const std::int64_t c : classes) {
        if (runs_.empty() || runs_.back().c != c) runs_.push_back({rows_, c});
        ++rows_;
    }
}

std::int64_t FrameActivity::highest() const {
    return runs_.empty() ? -1 : std::ranges::max_element(runs_, {}, &Run::c)->c;
}

Activity FrameActivity::of_classes(std::size_t labels) const {
    Activity activity = labelled_by_classes(labels);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const std::int64_t end = i + 1 < runs_.size() ? runs_[i + 1].first : rows_;
        if (runs_[i].c < 0) continue;
        activity.add_foremost(static_cast<std::size_t>(runs_[i].c), {runs_[i].first, end - runs_[i].first});
    }
    return activity;
}

Activity FrameActivity::labelled_by_classes(std::size_t labels) const {
    Activity activity(labels);
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        const std::int64_t end = i + 1 < runs_.size() ? runs_[i + 1].first : rows_;
        if (runs_[i].c >= 0) activity.add_labelled({runs_[i].first, end - runs_[i].first});
    }
    return activity;
}

Activity FrameActivity::of_events(const RecordingInfo& info, const OnsetStream& onsets) const {
    Activity activity = of_classes(info.labels.size());
    label::Timeline timeline{info.events};
    timeline.sort();
    if (!info.frontend.is_object() || !any_overlap(timeline)) return activity;
    const auto frontend = frontend::make_frontend(info.frontend);
    const double frame_s = frontend->window_s();
    FrameLabeller labeller(timeline, info.labels, frontend->hop_s(), frame_s);
    std::int64_t row = 0;
    onsets([&](std::span<const double> onsets_s) {
        for (const double onset_s : onsets_s) {
            labeller.class_of(onset_s, onset_s + frame_s);
            for (const std::size_t c : labeller.overlapping()) activity.add(c, {row, 1});
            ++row;
        }
    });
    return activity;
}

}  // namespace earshot::dataset
