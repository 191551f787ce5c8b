#include "scene/scene_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "support/error.h"
#include "support/json.h"
#include "support/output.h"

namespace earshot::scene {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
constexpr std::chrono::seconds kSaveEvery{60};

SceneTime now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

Scene parse(const std::string& path, const SceneSettings& settings) {
    const auto text = read_text(path, kMaxBytes);
    return Scene::from_json(parse_json<nlohmann::json>(text, path), settings);
}

}  // namespace

Scene read_scene(const std::string& path) {
    if (!fs::exists(path)) throw Error(path + ": no such scene (earshot locate --scene makes one)");
    try {
        return parse(path, {});
    } catch (const Error& error) {
        const auto what = reason(error, path);
        throw Error(what.find(path) == std::string::npos ? fmt::format("{}: not a scene: {}", path, what)
                                                         : what);
    }
}

SceneFile::SceneFile(std::string path, const SceneSettings& settings) : path_(std::move(path)) {
    lock();
    if (fs::exists(path_)) {
        if (!fs::is_regular_file(path_)) throw Error(path_ + ": not a file");
        if (::access(path_.c_str(), R_OK) != 0) throw system_error("cannot read " + path_);
        try {
            scene_.emplace(parse(path_, settings));
        } catch (const Error& error) {
            set_aside(reason(error, path_));
        }
    }
    if (!scene_) scene_.emplace(settings);
    saved_version_ = scene_->version();
}

SceneFile::~SceneFile() {
    if (lock_ >= 0) ::close(lock_);
}

void SceneFile::lock() {
    const auto name = path_ + ".lock";
    lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0) throw system_error("cannot write " + name);
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
    const bool taken = errno == EWOULDBLOCK;
    ::close(std::exchange(lock_, -1));
    if (taken)
        throw Error(path_ + ": another earshot locate is updating this scene (stop it, or use another file)");
    throw system_error("cannot lock " + name);
}

void SceneFile::set_aside(const std::string& why) {
    std::string aside;
    int number = 0;
    do {
        aside = fmt::format("{}.damaged-{}", path_, ++number);
    } while (fs::exists(aside));
    std::error_code failure;
    fs::rename(path_, aside, failure);
    if (failure)
        throw Error(
            fmt::format("{}: not a scene ({}), and cannot be set aside: {}", path_, why, failure.message()));
    warning_ = fmt::format("{}: not a scene ({}); set aside as {}, starting a new one", path_, why, aside);
}

void SceneFile::save() {
    const std::scoped_lock lock(saving_);
    save_locked();
}

void SceneFile::save_locked() {
    const auto version = scene_->version();  // later changes are saved next time
    saved_ = std::chrono::steady_clock::now();
    if (version == saved_version_) return;
    const auto text =
        scene_->to_json(now()).dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    write_text(path_, text + "\n");
    saved_version_ = version;
}

void SceneFile::save_now_and_then() {
    const std::scoped_lock lock(saving_);
    if (std::chrono::steady_clock::now() - saved_ >= kSaveEvery) save_locked();
}

}  // namespace earshot::scene
