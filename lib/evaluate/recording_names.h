#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace earshot::evaluate {

/// Finds recordings by name, where files of several programs name them: with or without directories or the
/// extension. sample_1/audio.wav is also sample_1-audio, as detect names the files of recordings whose own
/// names are equal.
class RecordingNames {
 public:
    void add(const std::string& name);
    std::size_t size() const { return names_.size(); }
    const std::vector<std::string>& names() const { return names_; }

    /// The number of the recording of exactly that name.
    std::optional<std::size_t> find_same(const std::string& name) const;
    /// The number of a recording: of that name, else by its last directories and its name, else likewise
    /// without the extension (label::recording_keys). Nothing if there is none.
    /// @throws Error if several recordings have that name
    std::optional<std::size_t> find(const std::string& name) const;

 private:
    std::vector<std::string> names_;
    std::unordered_map<std::string, std::size_t> exact_;
    /// By the end of its path; nothing where several recordings end so.
    std::unordered_map<std::string, std::optional<std::size_t>> ends_;
};

}  // namespace earshot::evaluate
