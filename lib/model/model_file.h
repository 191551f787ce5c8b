#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "metrics/evaluation.h"
#include "model/target.h"
#include "network/graph.h"
#include "support/error.h"

namespace earshot::model {

/// How the scores of a label become events, as validation data had it (train/event_choice.h). EventRule in
/// lib/detect/event_rule.h says what each of these does.
struct EventDefaults {
    double on_threshold = 0.5, off_threshold = 0.5;
    double median_s = 0, min_duration_s = 0, merge_gap_s = 0;
    bool refine = false;  // onset and offset between two windows
    bool operator==(const EventDefaults&) const = default;
};

/// model.json: everything about a model except its weights. It holds data only, no code and no pickle, so an
/// untrusted model is safe to open.
struct ModelFile {
    static constexpr int kFormatVersion = 1;

    std::string recipe;                   // such as "spectrum-mlp"; empty if none was used
    nlohmann::ordered_json frontend;      // Frontend::settings(), null if the datasets did not say
    nlohmann::ordered_json architecture;  // {"kind": "mlp", ...}: what was asked for, to train it again
    nlohmann::ordered_json graph;         // network::Graph::json(); null in models made before there was one
    nlohmann::ordered_json window;      // Windowing, how windows are cut from frames; null: each frame is one
    Target target = Target::frame;      // what a label describes
    std::vector<std::string> labels;    // class names, in the order of the scores
    std::vector<double> thresholds;     // per class, in [0, 1], chosen on the data that metrics names
    std::vector<EventDefaults> events;  // per class; empty: each threshold, and nothing else
    std::string background;             // class that makes no events ("negative"); empty if none
    std::string unknown;             // the last label: no other reaches its threshold; empty if there is none
    nlohmann::ordered_json metrics;  // what training measured, and on which data
    nlohmann::ordered_json provenance;  // command line, seed, data hashes, versions
};

/// Runs action(). Its errors become errors of directory/model.json.
template <class Action>
auto of_model_json(const std::string& directory, const Action& action) {
    try {
        return action();
    } catch (const Error& error) {
        throw Error(fmt::format("{}/model.json: {}", directory, error.what()));
    }
}

/// The network: `graph`, or what the architecture describes where there is none.
/// @throws Error that says what is wrong with either, before it takes memory
network::Graph graph_of(const ModelFile& model);

/// How the model answers if it can say `unknown`; nothing if it cannot.
std::optional<metrics::OpenSetRule> open_set_rule(const ModelFile& model);

/// {"crying": {"on": 0.6, "off": 0.5, "median": 0.28, ...}}: the event rules of each label but the
/// background.
nlohmann::ordered_json events_json(const ModelFile& model);

/// @throws Error if directory/model.json is missing, malformed, of a newer version, or inconsistent
ModelFile read_model_file(const std::string& directory);
/// Writes directory/model.json. Call it last: a model with this file counts as complete.
void write_model_file(const ModelFile& model, const std::string& directory);

}  // namespace earshot::model
