#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/output.h"

namespace earshot::tools {

/// Names of recordings without directories and extensions, each unique: recordings of the same name get that
/// of their directory in front, else a hash of their path behind, so that a name does not depend on the order
/// of the inputs.
std::vector<std::string> recording_names(std::span<const std::string> inputs);

/// Where results go: all of them to one file or standard output, or those of each recording to a file of its
/// own in a directory.
class Destination {
 public:
    /// @param path      `-`, a file, or a directory: one that exists, or a name that ends with a slash
    /// @param names     recording_names(): recordings/a.mp3 becomes a.jsonl in a directory
    /// @param standard  what `-` stands for; must live as long as this
    Destination(std::string path, std::vector<std::string> names, std::string_view extension,
                Output& standard);

    bool is_directory() const { return is_directory_; }

    /// The one output that all recordings share.
    Output& shared();
    /// In a directory: the file of recording i, still to be closed. Makes the directory when first called.
    std::unique_ptr<Output> open(std::size_t i) const;
    /// Whether the result of recording i, if it goes to a file of its own, is there.
    bool has(std::size_t i) const;
    /// Completes the shared output, if there is one.
    void close();

 private:
    std::string file(std::size_t i) const;

    std::string path_;
    std::vector<std::string> names_;  // of files in a directory
    bool is_directory_;
    Output& standard_;
    std::unique_ptr<Output> file_;
};

}  // namespace earshot::tools
