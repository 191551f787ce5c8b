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
#include "dataset/activity.h"
#include "dataset/catalogue.h"
#include "dataset/label_choice.h"
#include "dataset/recording.h"
#include "evaluate/judged_timeline.h"
#include "model/session.h"
#include "support/error.h"

namespace earshot::evaluate {

/// The model can't be judged on this data, as opposed to data that can't be read.
class MismatchError : public Error {
 public:
    using Error::Error;
};

/// Something to judge a model on: a dataset file, or sound with labels.
struct JudgedItem {
    std::string path;
    std::optional<dataset::CatalogueEntry> audio;
    std::optional<std::string> background;  // label for what has none; with it, sound needs no labels
};

/// A label that sounds in a window too, beside the one that counts as its truth.
struct BesideTruth {
    std::size_t window, label;
};

/// The labelled windows of one recording, with truth and scores. If the model labels whole recordings, there
/// is a single entry for the recording, scored like RecordingScores.
struct JudgedRecording {
    std::vector<double> onsets_s;
    std::vector<std::size_t> truths;  // indices into the model's labels
    std::vector<BesideTruth> beside;  // in order of windows
    std::vector<float> scores;        // windows x labels
    std::size_t left_out = 0;         // windows or recordings without a label, or with one to ignore
    bool frontend_checked = true;     // false if the model or the data doesn't say how frames were made
    /// Of models of frames, for recordings whose labels and frames have times.
    std::optional<JudgedTimeline> timeline;
    std::vector<std::string> damage;  // of audio
    std::string problem;              // why there is no result
};

/// Scores labelled recordings with a model. Windows of several recordings share a batch. Labels of data and
/// model are matched by name. One per thread.
class Judge {
 public:
    /// @param leave_out  labels whose windows are ignored
    /// @param tags       labels to evaluate, besides the background; empty: all. Windows with other labels
    ///                   count as unknown if the model can answer that, and are ignored otherwise
    Judge(std::shared_ptr<const model::Model> model, std::vector<std::string> leave_out,
          std::vector<std::string> tags = {});

    /// Sound is framed like datagen does it. Recordings that can't be read get a `problem`.
    /// @param source  how to read sound; the sample rate is the front end's
    /// @throws MismatchError if frames were not computed like those the model was trained on, and for
    ///         labels that the model does not know and that are not left out
    std::vector<JudgedRecording> judge(std::span<const JudgedItem> items, const audio::SourceOptions& source);

    /// The labels of `leave_out` that occur neither in the model nor in the data judged so far.
    const std::set<std::string>& unseen() const { return unseen_; }

 private:
    using WindowScorer = std::function<void(std::span<const float> window, std::size_t steps)>;

    /// The labels of a window, or of one of its steps, the one that counts first; empty if nobody said.
    using Truths = std::vector<std::size_t>;

    /// What is known of a recording while its windows are scored.
    struct Heard {
        Truths whole;                                    // of it as a whole, if the model labels recordings
        std::vector<std::optional<std::size_t>> truths;  // of each scored window, or of its steps
        std::vector<BesideTruth> beside;
        std::vector<double> onsets_s;
        bool timed = false;  // all windows are scored, for a timeline
        std::vector<label::Event> reference;
        std::vector<TimelineMaker::Stretch> stretches;

        void take(const Truths& labels, double onset_s);
        void add_stretch(std::span<const double> times, const windows::RowSpan& run, std::size_t rows,
                         const windows::FrameShape& frames);
    };

    /// The model's index for a label of the data; nothing if it is ignored.
    std::optional<std::size_t> index_of(const std::string& label, const std::string& file);
    /// The labels of a recording as a whole.
    Truths labels_of(const label::Timeline& timeline, double duration_s, const std::string& file);
    /// Takes out labels that are ignored, and the background if anything else sounds.
    Truths counted(std::span<const std::optional<std::size_t>> labels) const;
    /// The activity of a dataset's frames, in terms of the model's labels.
    dataset::Activity activity_of(const dataset::Recording& recording, const std::string& path);
    dataset::LabelChoice choice() const;
    std::optional<std::size_t> background() const;
    bool judges_recordings() const { return session_.model().is_of_recordings(); }
    /// Scores the windows of a recording.
    void dataset(const JudgedItem& item, JudgedRecording& judged, Heard& heard, const WindowScorer& score);
    void dataset_windows(const std::string& path, const dataset::Recording& recording,
                         JudgedRecording& judged, Heard& heard, const WindowScorer& score);
    void audio(const JudgedItem& item, audio::SourceOptions source, JudgedRecording& judged, Heard& heard,
               const WindowScorer& score);
    bool has_times(const dataset::Recording& recording) const;
    /// Keeps the windows that have labels, and makes the timeline.
    void finish(JudgedRecording& judged, const Heard& heard);
    /// Replaces the scores of all windows by those of the recording.
    void fold(JudgedRecording& judged, const Truths& labels) const;
    /// Whether both front ends are known, to be compared. @throws MismatchError if they differ
    bool check_frontend(const dataset::Recording& recording, const std::string& path) const;
    void check_dimension(std::size_t dimension, const std::string& file) const;

    model::Session session_;
    const model::ModelFile& model_;  // the session's
    std::vector<std::string> leave_out_, tags_;
    std::set<std::string> unseen_;
    std::optional<TimelineMaker>
        timelines_;               // unless the model is of recordings, or does not say when frames are
    windows::FrameShape frames_;  // if there are timelines
};

}  // namespace earshot::evaluate
