#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/training_set.h"

namespace earshot {

struct FitOptions {
    int epochs = 100;
    int batch = 32;
    double learning_rate = 1e-3;
    double weight_decay = 0;  // decoupled from the gradient, as in AdamW
    bool balanced = true;     // each class weighs the same in the loss, however many frames it has
    int patience = 20;        // epochs without a lower validation loss before training ends; 0: never early
    double gain_jitter_db =
        0;  // standard deviation of a random gain, drawn for each frame each time it is seen
    std::uint64_t seed = 0;
};

/// What one pass over the training rows showed. Loss: mean cross-entropy in nats, classes weighted as in
/// training.
struct Epoch {
    int number = 0;                 // from 1
    double loss = 0, accuracy = 0;  // measured while learning, dropout and jitter included
    std::optional<double> validation_loss, validation_accuracy;
};

nlohmann::ordered_json to_json(const Epoch& epoch);

/// Fits a network to some rows of a training set with Adam (Kingma and Ba 2015; weight decay after Loshchilov
/// and Hutter 2019) and keeps the weights of the epoch with the lowest validation loss, or of the last epoch
/// where there is no validation. All randomness of an epoch follows from the seed and the epoch's number
/// alone, so that on one thread a run is reproducible bit for bit, and a resumed one equals one that never
/// stopped. No LibTorch in this header.
class Trainer {
 public:
    /// Standardisation is fitted to `train` alone. `set` must outlive the trainer, which refers to its
    /// frames.
    Trainer(const TrainingSet& set, const nlohmann::ordered_json& architecture, Rows train, Rows validation,
            const FitOptions& options);
    ~Trainer();
    Trainer(Trainer&&) noexcept;

    /// True after the last epoch, or `patience` epochs after the best one.
    bool finished() const;

    /// One pass over the training rows in a random order, then over the validation rows. Nothing if the user
    /// interrupted it: everything is then as it was before.
    /// @throws Error if the loss is no longer a number
    std::optional<Epoch> run_epoch();

    const std::vector<Epoch>& history() const;
    /// The epoch whose weights are kept; 0 before the first.
    int best_epoch() const;

    /// Probabilities by the kept weights, rows.size() x classes.
    std::vector<float> score(const Rows& rows) const;

    /// Writes weights.npz (the kept weights) and checkpoint.npz (all that resume() needs) into a directory.
    void save(const std::string& directory) const;

    /// Goes on where the trainer that wrote `directory` stood. Its options, rows and architecture must equal
    /// this one's but for epochs and patience. @throws Error that names what differs
    void resume(const std::string& directory);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

/// "1.13.1", of LibTorch.
std::string torch_version();

}  // namespace earshot
