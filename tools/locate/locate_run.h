#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audio/source.h"
#include "batch/batch.h"
#include "locate/direction_finder.h"
#include "locate/locator.h"
#include "scene/scene_file.h"
#include "support/json_lines.h"
#include "tools/locate/event_audio.h"
#include "tools/locate/event_lines.h"
#include "tools/locate/scene_views.h"
#include "tools/tool.h"

namespace earshot::tools {

struct LocateOptions {
    std::string array;
    std::vector<std::string> inputs;
    std::string device;
    std::string events;
    std::string save_audio, beam = "mvdr";
    std::string output = "-";
    audio::SourceOptions source;
    std::string method = "srp";
    locate::FinderSettings finder;
    std::optional<double> temperature_c;
    double updates_hz = 10;
    locate::Zones zones;
    bool unbuffered = false;
    std::string scene;
    scene::SceneSettings scene_settings;
    SceneViews views;
};

/// Locates sounds or events in recordings, and lets a scene learn from the events.
class LocateRun {
 public:
    LocateRun(const LocateOptions& options, Context& context);
    Exit operator()();

 private:
    batch::BatchStatus locate_all();
    void locate(const std::string& input, audio::Source& source);
    void track(const std::string& input, audio::Source& source);
    void place_events(const std::string& input, audio::Source& source);
    void pass_events();
    void listen();
    void write_update(const locate::Update& update, double begin_s, nlohmann::ordered_json row);
    std::optional<GivenEvent> next_event(EventLines& lines, const std::string& input) const;
    void write_event(const std::string& input, GivenEvent& event,
                     const std::optional<locate::Position>& position);
    nlohmann::ordered_json anomalies_of(const GivenEvent& event,
                                        const std::optional<locate::Position>& position);
    void check_channels(const std::string& input, audio::AudioFormat format) const;
    void check_request() const;
    void start_progress(const audio::Source& source);
    template <class Use>
    void read(audio::Source& source, const Use& use);

    LocateOptions options_;
    Context& context_;
    std::vector<audio::Input> found_inputs_;
    std::vector<std::string> inputs_;  // their paths
    std::optional<locate::ArrayGeometry> geometry_;
    std::unique_ptr<scene::SceneFile> scene_;
    std::unique_ptr<EventAudio> audio_;
    std::unique_ptr<Output> output_;
    std::optional<JsonLines> rows_;
};

}  // namespace earshot::tools
