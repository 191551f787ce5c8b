#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "scene/scene.h"

namespace earshot::scene {

/// A scene as its file says, for looking at: no lock is needed, since the file is always whole.
/// @throws Error if it cannot be read or is no scene
Scene read_scene(const std::string& path);

/// A scene that is learned, and its file. One process at a time: the lock is on PATH.lock, which stays.
class SceneFile {
 public:
    /// Reads the file if there is one. One that is no scene is set aside as PATH.damaged-N, never
    /// overwritten.
    /// @throws Error if another process has it, or what is there cannot be read
    SceneFile(std::string path, const SceneSettings& settings);
    ~SceneFile();
    SceneFile(const SceneFile&) = delete;
    SceneFile& operator=(const SceneFile&) = delete;

    Scene& scene() { return *scene_; }
    /// "scene.json: ...; set aside as scene.json.damaged-1", if that has happened.
    const std::optional<std::string>& warning() const { return warning_; }

    /// Writes the scene if it has changed: whole or not at all, whenever the process ends. Any thread may,
    /// while others learn; two at once save one after the other.
    /// @throws WriteError (disk full, ...); what was there before then stays
    void save();
    /// Does so once a minute has passed since the last time.
    void save_now_and_then();

 private:
    void lock();
    void set_aside(const std::string& why);
    void save_locked();

    std::string path_;
    int lock_ = -1;
    std::optional<Scene> scene_;
    std::optional<std::string> warning_;
    std::mutex saving_;  // guards what follows, and the file
    std::uint64_t saved_version_ = 0;
    std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

}  // namespace earshot::scene
