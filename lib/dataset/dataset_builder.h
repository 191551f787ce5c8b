#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audio/source.h"
#include "dataset/catalogue.h"
#include "dataset/recording.h"
#include "frontend/frontend.h"
#include "frontend/pretrained.h"
#include "support/output.h"

namespace earshot::dataset {

struct BuildSettings {
    nlohmann::ordered_json frontend;                         // Frontend::settings()
    std::shared_ptr<const frontend::Pretrained> pretrained;  // that it needs; null if none
    audio::SourceOptions source;                             // resampled to the front end's rate
    std::vector<std::string> labels;                         // the classes of all recordings
    std::string recipe;                                      // RecordingInfo::recipe
    std::optional<std::string> background;                   // class of everything that no event covers
    bool keep_unlabelled = false;  // keep frames without an event as class -1, instead of dropping them
    FrameType type = FrameType::float32;
    bool compress = true;
};

/// The outcome of building one recording.
struct BuildReport {
    std::vector<std::size_t> class_frames;  // by class
    std::size_t unlabelled_frames = 0;
    std::vector<std::string> damage;  // places that could not be decoded; the rest was used
    int events_past_end = 0;          // events after the end of the sound
    bool unchanged = false;           // an up-to-date file existed already
};

/// Builds dataset files from catalogued recordings. Const members may be called from several threads.
class DatasetBuilder {
 public:
    /// @throws Error if there are more than kMaxClasses labels
    explicit DatasetBuilder(BuildSettings settings);

    std::unique_ptr<frontend::Frontend> frontend() const {
        return frontend::make_frontend(settings_.frontend, settings_.pretrained);
    }

    /// A hash of everything that a recording's dataset file depends on: audio, labels and settings.
    /// @param audio_hash  hash of the audio's content
    std::string identity(const CatalogueEntry& entry, const std::string& audio_hash) const;

    /// Reads the audio and writes the dataset file.
    /// @param frontend  from frontend(); may be reused for the next recording
    /// @param identity  if already known; otherwise the decoded audio is hashed
    /// @param progress  called with the fraction done, if the recording's length is known
    /// @throws Error if it yields no frame
    BuildReport build(const CatalogueEntry& entry, frontend::Frontend& frontend,
                      std::optional<std::string> identity, Output& out,
                      const std::function<void(double share)>& progress) const;

 private:
    /// Everything in the dataset file but its frames.
    RecordingInfo info_of(const CatalogueEntry& entry, std::string identity,
                          std::vector<label::Event> events) const;
    BuildReport build_waveforms(const CatalogueEntry& entry, frontend::Frontend& frontend,
                                const std::optional<std::string>& identity, Output& out,
                                const std::function<void(double share)>& progress) const;

    BuildSettings settings_;
};

/// The report for a dataset file that exists already.
BuildReport report_of(const std::string& path);

}  // namespace earshot::dataset
