#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "train/augmenter.h"
#include "train/history.h"
#include "train/schedule.h"
#include "train/training_set.h"

namespace earshot::train {

/// By what validation tells a better epoch.
enum class Criterion {
    loss,  // the lowest loss
    score  // the highest balance of false alarms and misses (DetectionRates::score), mean over the labels but
           // the background, each at its best threshold; of equals the lower loss, or, where the step size
           // falls, the later: by smaller steps it has come to rest, and a loss says little where all is told
           // apart
};

/// What is done so that rare classes count as much as others.
enum class Balance {
    weights,  // each class weighs the same in the loss, however many examples it has
    drawn,    // each class is drawn equally often, rare ones again and again
    none
};

/// Numbers that matrices are multiplied in while learning.
enum class Autocast {
    none,      // float32
    bfloat16,  // 8 bits of precision, weights and sums staying float32
    automatic  // bfloat16 where that is faster: for networks with convolutions, on processors that multiply
               // it
};

/// Which processor a network learns on.
enum class Compute { cpu, cuda };
/// @throws UsageError if LibTorch cannot use it here
void check_compute(Compute compute);

struct FitOptions {
    int epochs = 100;
    int min_steps = 0;  // at least; where data are few, this takes more epochs
    int batch = 32;
    double learning_rate = 1e-3;  // the highest of the schedule
    Schedule schedule = Schedule::constant;
    int accumulate = 1;  // batches whose gradients make one step, as if they were one batch
    double clip = 0;     // highest norm of the gradient of a step, longer ones are shortened to it; 0: any
    double weight_decay = 0;  // decoupled from the gradient, as in AdamW
    Balance balance = Balance::weights;
    double mixup = 0;   // (0, 1]: windows are mixed, values and labels (see Mixture); 0: they are not
    int loaders = 1;    // threads that read and augment windows ahead of their use
    int patience = 20;  // epochs without a better one before training ends; 0: never early
    int windows_per_recording = 4;  // of a recording in an epoch, where recordings are what has a label
    Autocast autocast = Autocast::none;
    Compute compute = Compute::cpu;
    AugmentOptions augment;
    Criterion criterion = Criterion::loss;
    std::uint64_t seed = 0;
};

/// Passes over so many examples: options.epochs, or as many as options.min_steps take.
int epochs_of(const FitOptions& options, std::size_t examples);

/// Fits a network to some examples of a training set with Adam (Kingma and Ba 2015; weight decay after
/// Loshchilov and Hutter 2019) and keeps the weights of the best epoch by validation, or of the last epoch
/// where there is no validation. Where examples are recordings, an output's answer for one is its highest
/// over the recording's windows (multiple-instance learning): over some drawn at random while learning, over
/// those that cover it when judged. All randomness of an epoch follows from the seed and the epoch's number
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

    /// Where the architecture's last layer is fitted by linear discriminant analysis, does so for the kept
    /// weights.
    void fit_output();

    /// Probabilities by the kept weights, rows.size() x classes: of each example, over all of its windows.
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

}  // namespace earshot::train
