#pragma once

namespace earshot::model {

/// What has a label, and so what a model is judged by.
enum class Target {
    frame,     // each window: the label of most frames of its slot
    recording  // each recording: its label is heard in at least one window, nobody says which
};

}  // namespace earshot::model
