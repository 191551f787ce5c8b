#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace earshot::train {

/// The results of one pass over the training rows. The loss is the mean cross-entropy in nats, with classes
/// weighted as in training.
struct Epoch {
    int number = 0;                 // from 1
    double loss = 0, accuracy = 0;  // measured while learning, dropout and jitter included
    std::optional<double> validation_loss, validation_accuracy;
    std::optional<double> validation_score;  // with Criterion::score
};

nlohmann::ordered_json to_json(const Epoch& epoch);

/// True if an epoch is better than another of its run: on validation data, or on training data if there is no
/// validation.
bool better(const Epoch& epoch, const Epoch& than);

/// The epochs of a run, and which of them has the weights to keep.
class History {
 public:
    /// @param settles  the step size falls during the run, so of epochs with equal scores the later is kept
    /// @param last     the last epoch is kept, whatever validation says
    explicit History(bool settles, bool last = false) : settles_(settles), last_(last) {}

    /// True if the weights after this epoch should be kept: it is the best so far, or there is no validation
    /// to compare by.
    bool add(const Epoch& epoch);

    const std::vector<Epoch>& epochs() const { return epochs_; }
    int size() const { return static_cast<int>(epochs_.size()); }
    int best_epoch() const { return best_epoch_; }  // 0 before the first

    /// Factor for the learning rate with Schedule::plateau. It depends on the history alone, so a resumed run
    /// continues at the same rate.
    double plateau_share() const;

    /// {"best_epoch": ..., "history": [...]}
    nlohmann::ordered_json json() const;
    /// Replaces the epochs. Returns false and changes nothing if they come from a run with other validation.
    /// @throws nlohmann::json::exception if something is missing
    bool read(const nlohmann::ordered_json& json, bool has_validation, bool has_score);

 private:
    bool to_keep(const Epoch& epoch) const;

    bool settles_, last_;
    std::vector<Epoch> epochs_;
    int best_epoch_ = 0;
};

}  // namespace earshot::train
