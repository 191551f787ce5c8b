#pragma once

#include <sndfile.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "record/recorder.h"

namespace earshot {

/// A directory that is removed when the test ends.
class ScratchDirectory {
 public:
    ScratchDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "earshot-record-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
        path_ = pattern;
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

/// While it lives, no file can grow beyond some size: what a full disk does to a write.
class FullDisk {
 public:
    explicit FullDisk(rlim_t bytes) : ignored_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, ignored_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

 private:
    rlimit before_{};
    void (*ignored_)(int);
};

inline const UtcTime kMidnight = std::chrono::sys_days(std::chrono::year(2024) / std::chrono::February / 29);

/// The lines of an archive's indexes, in order.
inline std::vector<nlohmann::json> index_rows(const std::string& directory) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        if (std::filesystem::exists(entry.path() / "index.jsonl"))
            paths.push_back(entry.path() / "index.jsonl");
    std::ranges::sort(paths);
    std::vector<nlohmann::json> rows;
    for (const auto& path : paths) {
        std::ifstream lines(path);
        for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
    }
    return rows;
}

/// What a recording holds, interleaved.
inline std::vector<float> samples_of(const std::string& path) {
    SF_INFO info{};
    const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open(path.c_str(), SFM_READ, &info), sf_close);
    if (!file) throw std::runtime_error(path + ": " + sf_strerror(nullptr));
    std::vector<float> samples(static_cast<std::size_t>(info.frames * info.channels));
    if (sf_readf_float(file.get(), samples.data(), info.frames) != info.frames)
        throw std::runtime_error(path + ": short");
    return samples;
}

/// Names in a directory and below that begin with a point, .lock aside.
inline std::vector<std::string> hidden_files(const std::string& directory) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        const auto name = entry.path().filename().native();
        if (name.starts_with('.') && name != ".lock") found.push_back(name);
    }
    return found;
}

}  // namespace earshot
