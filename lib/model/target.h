#pragma once

namespace earshot::model {

/// What has a label, and so what a model is judged by.
enum class Target {
    frame,      // each window: the label of most frames of its slot
    recording,  // each recording: its label occurs in at least one window, which one is not known
    events      // each step of a window: any labels, or none (dataset::Activity)
};

/// Its name in files.
inline const char* target_name(Target target) {
    return target == Target::recording ? "recording" : target == Target::events ? "events" : "frame";
}

}  // namespace earshot::model
