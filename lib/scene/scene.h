#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scene/direction_memory.h"
#include "scene/time_memory.h"

namespace earshot::scene {

struct SceneSettings {
    std::size_t bins = 12;              // of the direction histogram, clockwise from straight ahead
    std::optional<double> half_life_s;  // after which an observation counts half
};

/// A located event, as the scene takes it.
struct SceneEvent {
    std::string label;
    std::optional<double> azimuth_deg;
    std::optional<SceneTime> time;  // if the date is known
    double at_s = 0;  // on any clock that runs on from event to event; to recognise repeated anomalies
};

/// What is unusual about an event.
struct Anomaly {
    enum class Kind { direction, time } kind;
    std::string message;
    double expected_deg = 0, actual_deg = 0, deviation_deg = 0;  // of a direction
};

/// Learns from events where and when each sound is usual. Every member may be called from any thread.
class Scene {
 public:
    explicit Scene(const SceneSettings& settings = {});

    /// Returns what is unusual about an event, given what was learned before, and learns from it.
    ///
    /// After ten observations of the label, a direction is unusual if it is 90 degrees or more from the usual
    /// one (the circular mean, or the nearest of several modes) and fewer than 15 % of all observations lie
    /// within 45 degrees of it. For each label, unusual directions are reported at most once in 30 s, and so
    /// are unusual times.
    std::vector<Anomaly> observe(const SceneEvent& event);

    /// {label: {usual_angle, concentration, modes, observations}}
    nlohmann::ordered_json summary() const;
    /// {label: {bin_size_deg, counts, total, times}}; times: for each half-hour of the week
    nlohmann::ordered_json heatmap() const;
    /// The events of the last `within_s` before `now`, latest first, with their age; of one label or of all.
    nlohmann::ordered_json recent(double within_s, SceneTime now, const std::string& label = {}) const;

    /// earshot-formats(5), SCENE.
    nlohmann::ordered_json to_json(SceneTime now) const;
    /// @throws Error for invalid content. Settings in the file, such as the bins, override `settings`.
    static Scene from_json(const nlohmann::json& file, const SceneSettings& settings = {});

    /// Increases with every change, so that nothing is saved twice.
    std::uint64_t version() const;

    Scene(Scene&& other) noexcept;

 private:
    struct Label {
        explicit Label(std::size_t bins) : directions(bins) {}
        DirectionMemory directions;
        TimeMemory times;
        double observations = 0;
        std::optional<SceneTime> last;  // up to which counts have faded
        std::optional<double> direction_said_s, time_said_s;
    };
    struct Recent {
        SceneTime time;
        std::string label;
        std::optional<double> azimuth_deg;
    };

    // All of these expect the mutex to be held.
    Label& label_of(const std::string& name);
    void fade(Label& label, SceneTime time) const;
    std::optional<Anomaly> unusual_direction(const std::string& name, Label& label,
                                             const SceneEvent& event) const;
    std::optional<Anomaly> unusual_time(const std::string& name, Label& label, const SceneEvent& event) const;
    void remember(const SceneEvent& event);
    void restore(const std::string& name, const nlohmann::json& counts, double total);
    void restore_ours(const nlohmann::json& ours);

    mutable std::mutex mutex_;
    SceneSettings settings_;
    std::map<std::string, Label> labels_;
    std::deque<Recent> recent_;
    std::uint64_t version_ = 0;
};

}  // namespace earshot::scene
