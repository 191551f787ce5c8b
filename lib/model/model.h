#pragma once

#include <memory>
#include <optional>
#include <string>

#include "frontend/frontend.h"
#include "frontend/pretrained.h"
#include "model/model_file.h"
#include "model/scorer.h"
#include "windows/window_grid.h"

namespace earshot::model {

/// Of a model's files, to tell whether it is the one that something was computed with (content_hash.h).
struct ModelHashes {
    std::string description, weights;  // model.json, weights.npz
};

/// A model directory, opened: all that the threads of a command share. Nothing in it changes after it is
/// made, so its weights are in memory once, however many threads work with it. Each thread has a Session of
/// its own.
class Model {
 public:
    /// For sound that arrives as time passes, or for recordings that are there: their windows are longer
    /// where a network answers several times a window, so that less of the sound is context. The scores are
    /// the same.
    enum class Use { live, recordings };

    /// Reads model.json, weights.npz, and pretrained.ears where frames are made by a pretrained network.
    /// @throws Error if either cannot be read, or the parts of the model do not fit each other
    static std::shared_ptr<const Model> open(const std::string& directory, Use use = Use::recordings);

    /// @param directory  for messages
    /// @throws Error if the parts do not fit each other
    Model(std::string directory, ModelFile file, std::unique_ptr<const Scorer> scorer,
          ModelHashes hashes = {}, std::shared_ptr<const frontend::Pretrained> pretrained = nullptr);

    const std::string& directory() const { return directory_; }
    const ModelFile& file() const { return file_; }
    const windows::Windowing& windowing() const { return windowing_; }
    const Scorer& scorer() const { return *scorer_; }
    const ModelHashes& hashes() const { return hashes_; }
    /// The labels are those of whole recordings, and a window's score means that the label occurs anywhere in
    /// it.
    bool is_of_recordings() const { return file_.target == Target::recording; }

    /// A new front end that computes what the model was trained on.
    /// @throws Error if the model does not say how its frames were computed
    std::unique_ptr<frontend::Frontend> frontend() const;
    /// Where its scores lie: one for each window, or several steps a window (Windowing::steps).
    /// @param overlap  Windowing::overlap
    /// @throws Error as frontend() and make_grid()
    windows::WindowGrid grid(double overlap = 0) const;

    /// The overlap for finding events, where 0 asks for none in particular: none for a model of frames, but
    /// 0.96 for one of whole recordings, whose windows alone place an event only to a window's length.
    double event_overlap(double overlap) const;

 private:
    std::string directory_;
    ModelFile file_;
    std::unique_ptr<const Scorer> scorer_;
    ModelHashes hashes_;
    std::shared_ptr<const frontend::Pretrained> pretrained_;  // null if the front end needs none
    windows::Windowing windowing_;
    std::optional<windows::FrameShape> frames_;  // nothing if the model does not say
};

}  // namespace earshot::model
