#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audio/source.h"
#include "dataset/catalogue.h"
#include "dataset/recording.h"
#include "frontend/frontend.h"
#include "support/output.h"

namespace earshot::dataset {

struct BuildSettings {
    nlohmann::ordered_json frontend;        // Frontend::settings()
    audio::SourceOptions source;            // at the rate of the front end
    std::vector<std::string> labels;        // the classes of all recordings
    std::optional<std::string> background;  // class of what no event covers
    bool keep_unlabelled = false;           // frames that no event touches become class -1, rather than none
    FrameType type = FrameType::float32;
    bool compress = true;
};

/// What was made of a recording.
struct BuildReport {
    std::vector<std::size_t> class_frames;  // by class
    std::size_t unlabelled_frames = 0;
    std::vector<std::string> damage;  // of the recording: what could be decoded was used
    int events_past_end = 0;          // labelled where there is no sound
    bool unchanged = false;           // the file was there already, made of the same
};

/// Makes dataset files of catalogued recordings. Const members may be called from several threads.
class DatasetBuilder {
 public:
    explicit DatasetBuilder(BuildSettings settings) : settings_(std::move(settings)) {}

    std::unique_ptr<frontend::Frontend> frontend() const {
        return frontend::make_frontend(settings_.frontend);
    }

    /// Of everything that the dataset file of a recording depends on: its audio, labels and the settings.
    /// @param audio_hash  of the audio's content
    std::string identity(const CatalogueEntry& entry, const std::string& audio_hash) const;

    /// Reads the audio and writes the dataset file.
    /// @param frontend  from frontend(), reused from one recording to the next
    /// @param identity  if known already; else the audio is hashed as it is decoded
    /// @param progress  done share of the recording where its length is known
    /// @throws Error if it yields no frame
    BuildReport build(const CatalogueEntry& entry, frontend::Frontend& frontend,
                      std::optional<std::string> identity, Output& out,
                      const std::function<void(double share)>& progress) const;

 private:
    /// What the dataset file says besides its frames.
    RecordingInfo info_of(const CatalogueEntry& entry, std::string identity,
                          std::vector<label::Event> events) const;
    BuildReport build_waveforms(const CatalogueEntry& entry, frontend::Frontend& frontend,
                                const std::optional<std::string>& identity, Output& out,
                                const std::function<void(double share)>& progress) const;

    BuildSettings settings_;
};

/// The report of a dataset file that is there already.
BuildReport report_of(const std::string& path);

}  // namespace earshot::dataset
