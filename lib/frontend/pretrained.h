#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "network/graph.h"
#include "network/weights.h"

namespace earshot::network::engine {
class Engine;
}

namespace earshot::frontend {

/// A network that others have trained, and how it hears: the settings of the front end `embedding`. Threads
/// share it. A file NAME.ears holds both: earshot-formats(5).
class Pretrained {
 public:
    /// Files are called so, with the network's name before it.
    static constexpr const char* kExtension = ".ears";
    /// The one in a model directory.
    static constexpr const char* kFileInModel = "pretrained.ears";

    /// @throws Error that names the file, which is a stranger's, and what is wrong with it
    static std::shared_ptr<const Pretrained> open(const std::string& path);

    /// @param settings  of the front end `embedding`
    /// @throws Error if the graph does not give what the settings say
    Pretrained(nlohmann::ordered_json settings, const network::Graph& graph, const network::Weights& weights);
    ~Pretrained();
    Pretrained(const Pretrained&) = delete;
    Pretrained& operator=(const Pretrained&) = delete;

    const nlohmann::ordered_json& settings() const { return settings_; }
    /// The last thing that it does is a sigmoid or a softmax, so that its vectors can be scores as they are.
    bool gives_probabilities() const { return gives_probabilities_; }
    /// @param windows  count windows of frames
    /// @param vectors  count times `steps` vectors
    void run(std::span<const float> windows, std::size_t count, std::span<float> vectors) const;

    /// How many of the next `count` windows run_long() takes. 0: the network sees something else in a longer
    /// window.
    std::size_t long_windows(std::size_t count) const;
    /// The same bits as run(), without computing anew what windows share.
    /// @param frames  of so many windows, one every `hop`: each frame once
    /// @param count  as long_windows() said
    void run_long(std::span<const float> frames, std::size_t count, std::span<float> vectors) const;

 private:
    nlohmann::ordered_json settings_;
    std::unique_ptr<network::engine::Engine> engine_;
    struct Longer {
        std::size_t windows;
        std::unique_ptr<network::engine::Engine> engine;
    };
    std::vector<Longer> longer_;  // the longest first
    bool gives_probabilities_;
};

/// What a .ears file holds.
struct PretrainedFile {
    nlohmann::ordered_json settings;  // of the front end `embedding`
    network::Graph graph;
    network::Weights weights;
};
/// @throws Error as Pretrained::open
PretrainedFile read_pretrained(const std::string& path);

/// Writes a .ears file, whole or not at all.
/// @param settings  of the front end `embedding`, which say how weights are rounded
/// @param weights  as they were before that
void save_pretrained(const std::string& path, const nlohmann::ordered_json& settings,
                     const network::Graph& graph, const network::Weights& weights);

}  // namespace earshot::frontend
