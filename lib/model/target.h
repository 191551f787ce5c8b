#pragma once

namespace earshot::model {

/// What is learnt, and so what a model is judged by.
enum class Target {
    frame,     // the label of each window: what most frames of its slot have
    recording  // the label of each recording, which shows in one of its windows or more, nobody says which
};

}  // namespace earshot::model
