#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "network/architecture.h"
#include "train/event_choice.h"
#include "train/thresholds.h"
#include "train/trainer.h"

namespace earshot::tools {

/// What the command line of earshot train says.
struct TrainOptions {
    train::TrainingPaths data;
    train::ExampleOptions examples;
    network::NetworkOptions network;
    train::FitOptions fit;
    train::ThresholdWish thresholds;
    std::optional<double> false_alarms_per_week;     // becomes one of thresholds
    std::vector<std::string> background;             // a label, or datasets
    std::vector<std::string> tags, days, test_days;  // as given, commas and all
    std::string output, tensorboard;
    double validation_share = 0.3, test_share = 0;
    train::Objective objective = train::Objective::event_f1;
    std::string ears = "auto";  // what a network begins as: own, none or a file; auto: own, if it has ears
    int folds = 0;              // 0: no cross-validation
    bool validation_given = false;  // by the user or the recipe
    bool by_frame = false;
    int threads = 0;
    double save_every_s = 300;
    bool resume = false, force = false;
    bool link = false;      // a pretrained network stays where it is
    bool describe = false;  // print the card of the network, and train nothing
};

/// Whether the network has layers of earshot's ears.
inline bool has_ears(const TrainOptions& options) { return options.network.kind.starts_with("ears"); }

void add_train_options(CLI::App& app, TrainOptions& options);

/// Checks options against each other, and takes apart those that hold several things.
/// @throws UsageError for options that exclude each other
void check_train_options(TrainOptions& options, const CLI::App& app);

}  // namespace earshot::tools
