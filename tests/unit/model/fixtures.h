#pragma once

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

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

/// Labels the frames of all items of a set, of which each is a recording, one class after the other: indices
/// into its labels; nothing for frames of which nobody said anything.
inline void label_frames(train::TrainingSet& set, const std::vector<std::optional<std::size_t>>& classes) {
    set.recordings_said = std::vector<train::TrainingSet::Said>(set.items.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < set.items.size(); ++i) {
        set.items[i].recording = i;
        auto& activity = set.recordings_said[i].activity;
        activity = dataset::Activity(set.none_of_them() + 1);
        for (std::int64_t row = 0; row < set.items[i].frames; ++row) {
            const auto c = classes.at(next++);
            if (c) activity.add_labelled({row, 1});
            if (c && static_cast<std::int64_t>(*c) != set.background_index())
                activity.add_foremost(*c, {row, 1});
        }
    }
}

/// Labels recordings as wholes.
inline void label_recordings(train::TrainingSet& set, const std::vector<std::size_t>& classes) {
    std::vector<std::optional<std::size_t>> frames;
    for (std::size_t i = 0; i < set.items.size(); ++i)
        frames.insert(frames.end(), static_cast<std::size_t>(set.items[i].frames), classes.at(i));
    label_frames(set, frames);
}

/// The labels of all examples of a set, nothing where nobody said.
inline std::vector<std::optional<std::size_t>> labels_of(const train::TrainingSet& set) {
    std::vector<std::optional<std::size_t>> labels;
    for (std::int64_t example = 0; example < set.examples(); ++example)
        labels.push_back(set.label_of(example));
    return labels;
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
    std::vector<std::optional<std::size_t>> drawn;
    for (int r = 0; r < recordings; ++r) {
        const std::string name = "r" + std::to_string(r);
        train::TrainingSet::Item item;
        item.path = name + ".npz";
        item.group = name;
        item.digest = "digest of " + name;
        item.first = set.examples();
        item.count = item.frames = frames_each;
        std::vector<float> frames;
        for (int i = 0; i < frames_each; ++i) {
            const auto c = static_cast<int>(random() % static_cast<unsigned>(classes));
            drawn.push_back(static_cast<std::size_t>(c));
            for (int d = 0; d < dimension; ++d) {
                frames.push_back(
                    static_cast<float>(std::exp(normal(random) - 5 + (d % classes == c ? lift : 0))));
            }
        }
        item.matrix = set.frames->add(std::move(frames));
        set.items.push_back(std::move(item));
    }
    label_frames(set, drawn);
    return set;
}

/// Bytes of the weights that a trainer keeps and of all that resuming it needs.
inline std::string saved_state(const train::Trainer& trainer) {
    const TemporaryDirectory directory;
    trainer.save(directory.path().string());
    return read_text(directory / "weights.npz") + read_text(directory / "checkpoint.npz");
}

}  // namespace earshot::test
