#pragma once

namespace earshot::model {

/// What has a label, and so what a model is judged by.
enum class Target {
    frame,      // each window: the label of most frames of its slot
    recording,  // each recording: its label occurs in at least one window, which one is not known
    events      // each step of a window: any labels, or none (dataset::Activity)
};

}  // namespace earshot::model
