#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "frontend/pretrained.h"
#include "tools/datagen/frontend_options.h"

namespace earshot::tools {

/// A network that others have trained makes the frames.
struct PretrainedOptions {
    std::string file;    // .onnx, .tflite or .ears; empty: none
    std::string vector;  // which of its values: one that share/pretrained names, or a name in the file
    std::optional<double> hop_s;
    network::Precision weights = network::Precision::float32;  // as they are written, and so used
};

void add_pretrained(CLI::App& app, PretrainedOptions& options);

/// A pretrained network as a dataset has it beside its files.
class PretrainedSource {
 public:
    /// Reads the network, and finds its settings: those of share/pretrained if it is known, else those that
    /// the options of the front end give.
    /// @throws UsageError for options that do not fit, Error for a file that cannot be used
    PretrainedSource(const PretrainedOptions& options, const FrontendOptions& frontend);

    /// Writes NETWORK.ears into a directory, unless the same is there.
    void write(const std::string& directory) const;
    std::shared_ptr<const frontend::Pretrained> pretrained() const { return pretrained_; }

 private:
    void read_ears(const PretrainedOptions& options, const FrontendOptions& frontend);
    void read_foreign(const PretrainedOptions& options, const FrontendOptions& frontend);

    std::string path_;
    nlohmann::ordered_json settings_;
    std::optional<network::Graph> graph_;  // where the file is not the one that is written
    network::Weights weights_;
    std::shared_ptr<const frontend::Pretrained> pretrained_;
};

}  // namespace earshot::tools
