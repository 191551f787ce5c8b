#pragma once

#include <string>

namespace earshot::model {

/// A model directory in the making, which appears whole or not at all: files are written to a hidden
/// directory beside the final place, and publish() puts it there by one rename. Destroyed before, it leaves
/// nothing.
class ModelDirectory {
 public:
    /// @param replace  an existing model may be replaced; anything else that exists never is
    /// @throws Error if something is in the way, or the directory above cannot be written
    ModelDirectory(const std::string& path, bool replace);
    ~ModelDirectory();
    ModelDirectory(const ModelDirectory&) = delete;
    ModelDirectory& operator=(const ModelDirectory&) = delete;

    /// Where the files go until publish().
    const std::string& temporary_path() const { return temporary_; }
    void publish();

 private:
    std::string path_;
    std::string temporary_;  // empty once published
};

/// @throws Error if `path` exists and is not an empty directory or, with `replace`, a model
void check_model_place(const std::string& path, bool replace);

}  // namespace earshot::model
