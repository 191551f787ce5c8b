#pragma once

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <random>
#include <string>

#include "network/architecture.h"
#include "support/error.h"
#include "support/output.h"
#include "train/trainer.h"
#include "train/training_set.h"

namespace earshot::test {

/// A directory of its own, removed afterwards.
class TemporaryDirectory {
 public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "earshot-unit-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::filesystem::path path() const { return path_; }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
    std::filesystem::path path_;
};

/// The message of the Error that `action` throws, or "no error".
inline std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// A dense network over single frames.
inline nlohmann::ordered_json mlp_architecture(std::int64_t inputs, std::int64_t classes,
                                               const network::Compression& compression, double dropout) {
    network::NetworkOptions options;
    options.inputs = inputs;
    options.input.compression = compression;
    options.answer.classes = classes;
    options.dropout = dropout;
    return network::describe_network(options);
}

/// Recordings of equal length whose frames are log-normal magnitudes, louder where their class says: class c
/// of C lifts the values d with d % C == c by `lift` (in natural-logarithm units).
inline train::TrainingSet make_set(int recordings, int frames_each, int classes, int dimension,
                                   double lift = 2, unsigned seed = 1) {
    train::TrainingSet set;
    set.dimension = dimension;
    for (int c = 0; c < classes; ++c) set.labels.push_back(std::string(1, static_cast<char>('a' + c)));
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (int r = 0; r < recordings; ++r) {
        const std::string name = "r" + std::to_string(r);
        train::TrainingSet::Item item;
        item.path = name + ".npz";
        item.group = name;
        item.digest = "digest of " + name;
        item.first = static_cast<std::int64_t>(set.classes.size());
        item.count = item.frames = frames_each;
        std::vector<float> frames;
        for (int i = 0; i < frames_each; ++i) {
            const auto c = static_cast<int>(random() % static_cast<unsigned>(classes));
            set.classes.push_back(c);
            for (int d = 0; d < dimension; ++d) {
                frames.push_back(
                    static_cast<float>(std::exp(normal(random) - 5 + (d % classes == c ? lift : 0))));
            }
        }
        item.matrix = set.frames->add(std::move(frames));
        set.items.push_back(std::move(item));
    }
    return set;
}

/// Bytes of the weights that a trainer keeps and of all that resuming it needs.
inline std::string saved_state(const train::Trainer& trainer) {
    const TemporaryDirectory directory;
    trainer.save(directory.path().string());
    return read_text(directory / "weights.npz") + read_text(directory / "checkpoint.npz");
}

}  // namespace earshot::test
