#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audio/source.h"
#include "dataset/catalogue.h"
#include "detect/batch_scorer.h"
#include "frontend/frontend.h"
#include "model/model_file.h"
#include "model/scorer.h"
#include "support/error.h"

namespace earshot {

/// Data that the model cannot be judged on, as opposed to a file that cannot be read.
class MismatchError : public Error {
 public:
    using Error::Error;
};

/// The windows of one recording that have a label: truths beside scores. Of a model whose labels are those of whole
/// recordings, a single one that stands for all of them, scored as RecordingScores says.
struct JudgedRecording {
    std::vector<double> onsets_s;
    std::vector<std::size_t> truths;  // indices into the model's labels
    std::vector<float> scores;        // windows x labels
    std::size_t left_out = 0;         // windows (or recordings) without a label, or with one that is left out
    bool frontend_checked = true;     // false where the model or the data does not say how frames were made
    std::vector<std::string> damage;  // of audio
};

/// Has a model score labelled recordings. Labels of the data are those of the model by name, whatever their
/// numbers. One a thread.
class Judge {
 public:
    /// @param directory  of the model, for messages
    /// @param leave_out  labels whose windows do not count
    /// @param tags       labels to judge by, besides the background; windows with others are unknown to a model that may
    ///                   say so, and do not count with another. Empty: all
    Judge(std::string directory, const ModelFile& model, std::unique_ptr<Scorer> scorer,
          std::vector<std::string> leave_out, std::vector<std::string> tags = {});

    /// A dataset NPZ. @throws Error if it cannot be read; MismatchError if its frames are not those that the
    /// model was trained on, or if it has a label that the model does not know and that is not left out
    /// @param background  label of windows without one
    JudgedRecording dataset(const std::string& path, const std::optional<std::string>& background = {});

    /// A labelled recording, framed as datagen would. @throws as dataset()
    /// @param background  label of what no event covers; with it, a recording needs no labels
    JudgedRecording audio(const CatalogueEntry& entry, SourceOptions source,
                          const std::optional<std::string>& background);

    /// The labels to leave out that neither the model nor the data judged so far have.
    const std::set<std::string>& unseen() const { return unseen_; }

 private:
    /// The model's index of a label of the data; nothing if it is left out.
    std::optional<std::size_t> index_of(const std::string& label, const std::string& file);
    std::optional<std::size_t> class_of(const Timeline& timeline, double duration_s, const std::string& file);
    bool judges_recordings() const { return model_.target == Target::recording; }
    /// Makes of the scores of all windows those of the recording.
    void fold(JudgedRecording& judged, std::optional<std::size_t> truth) const;
    void check_dimension(std::size_t dimension, const std::string& file) const;

    std::string directory_;
    ModelFile model_;
    std::unique_ptr<Scorer> scorer_;
    BatchScorer batches_;
    std::unique_ptr<Frontend> frontend_;  // for audio, made when first needed
    std::vector<std::string> leave_out_, tags_;
    std::set<std::string> unseen_;
};

}  // namespace earshot
