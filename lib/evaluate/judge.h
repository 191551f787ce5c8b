#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "dataset/catalogue.h"
#include "detect/batch_scorer.h"
#include "frontend/frontend.h"
#include "model/model_file.h"
#include "model/scorer.h"
#include "support/error.h"

namespace earshot::evaluate {

/// Data that the model cannot be judged on, as opposed to a file that cannot be read.
class MismatchError : public Error {
 public:
    using Error::Error;
};

/// What to judge a model on: a dataset's file, or sound with labels.
struct JudgedItem {
    std::string path;
    std::optional<dataset::CatalogueEntry> audio;
    std::optional<std::string> background;  // label of what has none; with it, sound needs no labels
};

/// The windows of one recording that have a label: truths beside scores. Of a model whose labels are those of
/// whole recordings, a single one that stands for all of them, scored as RecordingScores says.
struct JudgedRecording {
    std::vector<double> onsets_s;
    std::vector<std::size_t> truths;  // indices into the model's labels
    std::vector<float> scores;        // windows x labels
    std::size_t left_out = 0;         // windows (or recordings) without a label, or with one that is left out
    bool frontend_checked = true;     // false where the model or the data does not say how frames were made
    std::vector<std::string> damage;  // of audio
    std::string problem;              // why it came to nothing
};

/// Has a model score labelled recordings, the windows of several together. Labels of the data are those of
/// the model by name, whatever their numbers. One a thread.
class Judge {
 public:
    /// @param directory  of the model, for messages
    /// @param leave_out  labels whose windows do not count
    /// @param tags       labels to judge by, besides the background; windows with others are unknown to a
    /// model that may
    ///                   say so, and do not count with another. Empty: all
    Judge(std::string directory, const model::ModelFile& model, std::unique_ptr<model::Scorer> scorer,
          std::vector<std::string> leave_out, std::vector<std::string> tags = {});

    /// Sound is framed as datagen would. What cannot be read has a `problem`.
    /// @param source  how sound is read; the rate is the front end's
    /// @throws MismatchError for frames that are not those that the model was trained on, and for a label
    /// that the model
    ///         does not know and that is not left out
    std::vector<JudgedRecording> judge(std::span<const JudgedItem> items, const audio::SourceOptions& source);

    /// The labels to leave out that neither the model nor the data judged so far have.
    const std::set<std::string>& unseen() const { return unseen_; }

 private:
    using WindowSink = std::function<void(std::span<const float> window)>;

    /// The model's index of a label of the data; nothing if it is left out.
    std::optional<std::size_t> index_of(const std::string& label, const std::string& file);
    std::optional<std::size_t> class_of(const label::Timeline& timeline, double duration_s,
                                        const std::string& file);
    bool judges_recordings() const { return model_.target == model::Target::recording; }
    /// Has the windows of a recording scored. @return  the truth of it as a whole, if that is what is judged
    std::optional<std::size_t> dataset(const JudgedItem& item, JudgedRecording& judged,
                                       const WindowSink& score);
    std::optional<std::size_t> audio(const JudgedItem& item, audio::SourceOptions source,
                                     JudgedRecording& judged, const WindowSink& score);
    /// Makes of the scores of all windows those of the recording.
    void fold(JudgedRecording& judged, std::optional<std::size_t> truth) const;
    void check_dimension(std::size_t dimension, const std::string& file) const;

    std::string directory_;
    model::ModelFile model_;
    std::unique_ptr<model::Scorer> scorer_;
    detect::BatchScorer batches_;
    std::unique_ptr<frontend::Frontend> frontend_;  // for audio, made when first needed
    std::vector<std::string> leave_out_, tags_;
    std::set<std::string> unseen_;
};

}  // namespace earshot::evaluate
