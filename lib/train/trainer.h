#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "network/weights.h"
#include "train/augmenter.h"
#include "train/history.h"
#include "train/schedule.h"
#include "train/training_set.h"

namespace earshot::train {

/// How validation compares epochs.
enum class Criterion {
    loss,  // the lowest loss
    none,  // not at all: the last epoch counts, as suits a step size that falls to nothing
    score  // the best balance of false alarms and misses (DetectionRates::score): the mean over all labels
           // except the background, each at its best threshold. A tie goes to the lower loss, or to the later
           // epoch if the step size falls: that one has settled, and the loss says little once the labels are
           // fully separated
};

/// How rare classes are made to count as much as others.
enum class Balance {
    weights,  // each class has the same weight in the loss, however many examples it has
    drawn,    // each class is drawn equally often, so examples of rare ones repeat
    none
};

/// The type of number for matrix products while learning.
enum class Autocast {
    none,      // float32
    bfloat16,  // 8 bits of precision; weights and sums remain float32
    automatic  // bfloat16 where that is faster: networks with convolutions, on processors with instructions
               // for it
};

/// What a network learns on.
enum class Compute { cpu, cuda };
/// @throws UsageError if LibTorch does not have it here
void check_compute(Compute compute);

struct FitOptions {
    int epochs = 100;
    int min_steps = 0;  // at least; small datasets need more epochs for it
    int batch = 32;
    double learning_rate = 1e-3;  // the highest value of the schedule
    Schedule schedule = Schedule::constant;
    int accumulate = 1;       // batches whose gradients are summed for one step, as if they were one batch
    double clip = 0;          // limit for the norm of a step's gradient; 0: none
    double weight_decay = 0;  // decoupled from the gradient, as in AdamW
    Balance balance = Balance::weights;
    double mixup = 0;               // (0, 1]: mix windows and their labels (see Mixture); 0: don't
    int loaders = 1;                // threads that read and augment windows in advance
    int patience = 20;              // epochs without improvement before training stops; 0: never stop early
    int windows_per_recording = 4;  // drawn from each recording in an epoch, with Target::recording
    Autocast autocast = Autocast::none;
    network::Precision weights = network::Precision::float32;  // of the trained model
    Compute compute = Compute::cpu;
    AugmentOptions augment;
    /// What layers begin with whose names and sizes are those of its arrays; the others at random.
    std::shared_ptr<const network::Weights> start;
    std::string start_hash;    // of the file that they are from
    double start_rate = 0.25;  // their learning rate, as a share of that of the others; 0: they don't learn
    Criterion criterion = Criterion::loss;
    std::uint64_t seed = 0;
};

/// All but the augmentation, which augment_settings() has.
std::vector<Setting> fit_settings(FitOptions& options);

/// Epochs for this many examples: options.epochs, or as many as options.min_steps take.
int epochs_of(const FitOptions& options, std::size_t examples);

/// Checks that two runs have the same fingerprint, so that one may resume the other.
/// @throws Error that names the setting that differs
void check_same_run(const nlohmann::ordered_json& theirs, const nlohmann::ordered_json& ours,
                    const std::string& directory);

/// The examples that --arch neighbours remembers are no more than this: 32 MiB of weights for 2048 features.
constexpr std::size_t kMostExamples = 4096;

/// An architecture with what follows from the rows that it learns from: for --arch neighbours how many
/// examples of each label there are, thinned() to kMostExamples. Others are complete.
nlohmann::ordered_json completed(const nlohmann::ordered_json& architecture, const TrainingSet& set,
                                 const Rows& rows);

/// Fits a network to examples of a training set with Adam (Kingma and Ba 2015; weight decay after Loshchilov
/// and Hutter 2019). Keeps the weights of the best epoch by validation, or of the last epoch if there is no
/// validation. If examples are recordings, an output's answer is its maximum over the recording's windows
/// (multiple-instance learning): a few drawn at random while learning, all that cover it when scoring. All
/// randomness of an epoch follows from the seed and the epoch's number. So on one thread a run is
/// reproducible bit for bit, and a resumed run equals one that never stopped. This header hides LibTorch.
class Trainer {
 public:
    /// Standardisation is fitted to `train` alone. `set` must outlive the trainer.
    Trainer(const TrainingSet& set, const nlohmann::ordered_json& architecture, Rows train, Rows validation,
            const FitOptions& options);
    ~Trainer();
    Trainer(Trainer&&) noexcept;

    /// True after the last epoch, or `patience` epochs after the best one.
    bool finished() const;

    /// Learns the training rows once in random order, then scores the validation rows. If the user
    /// interrupts, returns nothing and restores the state before the call.
    /// @throws Error if the loss becomes infinite or not a number
    std::optional<Epoch> run_epoch();

    const std::vector<Epoch>& history() const;
    /// The epoch with the kept weights; 0 before the first.
    int best_epoch() const;

    /// The network, with what follows from the training rows: completed().
    const nlohmann::ordered_json& architecture() const;

    /// Fits the last layer of the kept weights, if it does not learn by gradient descent.
    void fit_output();

    /// Probabilities with the kept weights as save() writes them, rows.size() x steps x classes. Those of a
    /// recording cover all its windows.
    std::vector<float> score(const Rows& rows) const;

    /// Writes weights.npz (the kept weights, in FitOptions::weights) and checkpoint.npz (all that resume()
    /// needs, in float32) into a directory.
    void save(const std::string& directory) const;

    /// Continues from where the trainer that wrote `directory` stopped. Options, rows and architecture must
    /// be equal except for epochs, patience and the like (Setting::free()). @throws Error that names what
    /// differs
    void resume(const std::string& directory);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace earshot::train
