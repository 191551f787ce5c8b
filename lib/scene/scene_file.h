#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "scene/scene.h"

namespace earshot::scene {

/// Reads a scene for display. No lock is needed, since the file is always complete.
/// @throws Error if it cannot be read or is not a scene
Scene read_scene(const std::string& path);

/// A scene that learns, and its file. One process at a time: it locks PATH.lock, which stays.
class SceneFile {
 public:
    /// Reads the file if it exists. A file that is not a scene is renamed to PATH.damaged-N, never
    /// overwritten.
    /// @throws Error if another process has locked it, or it cannot be read
    SceneFile(std::string path, const SceneSettings& settings);
    ~SceneFile();
    SceneFile(const SceneFile&) = delete;
    SceneFile& operator=(const SceneFile&) = delete;

    Scene& scene() { return *scene_; }
    /// "scene.json: ...; set aside as scene.json.damaged-1", if a file was renamed.
    const std::optional<std::string>& warning() const { return warning_; }

    /// Writes the scene atomically if it has changed. May be called from any thread while others learn;
    /// concurrent calls save one after the other.
    /// @throws WriteError (disk full, ...); the previous file then stays
    void save();
    /// Saves at most once a minute.
    void save_now_and_then();

 private:
    void lock();
    void set_aside(const std::string& why);
    void save_locked();

    std::string path_;
    int lock_ = -1;
    std::optional<Scene> scene_;
    std::optional<std::string> warning_;
    std::mutex saving_;  // guards the members below and the file
    std::uint64_t saved_version_ = 0;
    std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

}  // namespace earshot::scene
