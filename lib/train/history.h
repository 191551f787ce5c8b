#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace earshot::train {

/// What one pass over the training rows showed. Loss: mean cross-entropy in nats, classes weighted as in
/// training.
struct Epoch {
    int number = 0;                 // from 1
    double loss = 0, accuracy = 0;  // measured while learning, dropout and jitter included
    std::optional<double> validation_loss, validation_accuracy;
    std::optional<double> validation_score;  // with Criterion::score
};

nlohmann::ordered_json to_json(const Epoch& epoch);

/// True if an epoch is better than another of its run: by validation, or where there is none by what was seen
/// while learning.
bool better(const Epoch& epoch, const Epoch& than);

/// The epochs of a run, and which of them left the weights that are kept.
class History {
 public:
    /// @param settles  the step size falls along the run, so that of epochs which score the same the later is
    /// kept
    explicit History(bool settles) : settles_(settles) {}

    /// True if the weights after this epoch are to be kept: it is better than what is kept, or there is no
    /// validation to tell.
    bool add(const Epoch& epoch);

    const std::vector<Epoch>& epochs() const { return epochs_; }
    int size() const { return static_cast<int>(epochs_.size()); }
    int best_epoch() const { return best_epoch_; }  // 0 before the first

    /// Share of the learning rate after Schedule::plateau. It follows from the history alone, so that a
    /// resumed run goes on at the same rate.
    double plateau_share() const;

    /// {"best_epoch": ..., "history": [...]}
    nlohmann::ordered_json json() const;
    /// Takes the place of this one's epochs. False, and nothing taken, if they are not of a run that is
    /// judged like this one. @throws nlohmann::json::exception if something is missing
    bool read(const nlohmann::ordered_json& json, bool has_validation, bool has_score);

 private:
    bool to_keep(const Epoch& epoch) const;

    bool settles_;
    std::vector<Epoch> epochs_;
    int best_epoch_ = 0;
};

}  // namespace earshot::train
