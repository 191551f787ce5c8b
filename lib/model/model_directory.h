#pragma once

#include <string>

#include "support/descriptor.h"

namespace earshot::model {

/// Writes a model directory that appears whole or not at all. Files go to a hidden directory next to the
/// final path, and publish() renames it. If publish() is never called, the destructor removes it. What a
/// killed process left is removed by the next run for that path (leftovers.h).
class ModelDirectory {
 public:
    /// @param replace  replace an existing model; nothing else is ever replaced
    /// @throws Error if the path is taken, or its parent directory cannot be written
    ModelDirectory(const std::string& path, bool replace);
    ~ModelDirectory();
    ModelDirectory(const ModelDirectory&) = delete;
    ModelDirectory& operator=(const ModelDirectory&) = delete;

    /// Where to write the files before publish().
    const std::string& temporary_path() const { return temporary_; }
    void publish();

 private:
    std::string path_;
    std::string temporary_;  // empty once published
    Descriptor lock_;        // of the temporary, until it is published
};

/// @throws Error if `path` exists and is not an empty directory or, with `replace`, a model
void check_model_place(const std::string& path, bool replace);

}  // namespace earshot::model
