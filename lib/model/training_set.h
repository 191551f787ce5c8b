#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "metrics/evaluation.h"

namespace earshot {

/// What a recording may be used for.
enum class Role { train, validation, test };

/// Indices of frames in a TrainingSet, ascending unless said otherwise.
using Rows = std::vector<std::int64_t>;

/// The datasets of one training run in memory: one matrix of frames, and which rows came from where.
struct TrainingSet {
    struct Item {
        std::string path;          // of the NPZ
        std::string group;         // recordings of one group never sit on both sides of a split
        std::string content_hash;  // empty where the NPZ does not say
        Role role = Role::train;
        std::int64_t first = 0, count = 0;  // rows
    };

    std::int64_t dimension = 0;         // D
    std::vector<float> frames;          // N x D, row-major, all finite
    std::vector<std::int64_t> classes;  // N indices into labels, -1 for frames that are not to be learnt
    std::vector<std::string> labels;    // sorted union of the class names of all files
    nlohmann::ordered_json frontend;    // null if the files do not say
    std::vector<Item> items;

    /// Rows with a class, of the items of one role.
    Rows labelled_rows(Role role) const;
    /// Number of rows of each class.
    std::vector<std::int64_t> class_counts(std::span<const std::int64_t> rows) const;
    /// A digest of the frames and classes of some rows, in hexadecimal.
    std::string data_hash(std::span<const std::int64_t> rows) const;
};

/// Adds the scores of some rows, one per label of the set, to what a network is judged by.
void add_scores(const TrainingSet& set, std::span<const std::int64_t> rows, std::span<const float> scores,
                Evaluation& evaluation);

struct TrainingPaths {
    std::vector<std::string> train, validation, test;  // NPZ files, or directories of them
    std::vector<std::string> leave_out;                // labels whose frames are not to be learnt
};

/// Reads everything and checks that it belongs together.
/// @throws Error for NaN (file and row), frames of different size, front ends that differ (both files are
/// named), class names here and class numbers there, the same recording in training and in validation or test
/// data, fewer than two classes, a class without a frame
TrainingSet load_training_set(const TrainingPaths& paths);

}  // namespace earshot
