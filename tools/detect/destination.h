#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/output.h"

namespace earshot::tools {

/// Names of recordings without directories and extensions, no two alike: those of one name differ by the
/// directory that they are in, else by a digest of their paths, so that a name does not depend on the order
/// of the inputs.
std::vector<std::string> recording_names(std::span<const std::string> inputs);

/// Where results of recordings go: all of them to one file or standard output, or each to a file of its own
/// in a directory.
class Destination {
 public:
    /// @param path     `-`, a file, or a directory: one that exists, or a name that ends with a slash
    /// @param inputs   whose names the files in a directory bear: recordings/a.mp3 becomes a.jsonl
    /// @param standard what `-` stands for; must live as long as this
    Destination(std::string path, std::span<const std::string> inputs, std::string_view extension,
                Output& standard);

    bool is_directory() const { return !names_.empty(); }

    /// The one output that all recordings share.
    Output& shared();
    /// In a directory: the file of recording i, still to be closed. Makes the directory when first called.
    std::unique_ptr<Output> open(std::size_t i) const;
    /// Completes what is shared, where there is any.
    void close();

 private:
    std::string path_;
    std::vector<std::string> names_;  // of files in a directory; no two alike
    Output& standard_;
    std::unique_ptr<Output> file_;
};

}  // namespace earshot::tools
