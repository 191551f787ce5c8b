#include "train/trainer.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "network/torch/autocast.h"
#include "network/torch/network.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "support/json.h"
#include "support/output.h"
#include "support/setting.h"
#include "train/random.h"
#include "train/shuffle.h"
#include "train/thresholds.h"
#include "train/torch/adam.h"
#include "train/torch/kept_weights.h"
#include "train/torch/mixture.h"
#include "train/torch/scoring.h"
#include "train/torch/truth.h"
#include "train/window_loader.h"

namespace earshot::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// [n x steps, classes]; most networks have one step a window.
torch::Tensor probabilities_of(const network::Network& network, const torch::Tensor& logits) {
    return network.scores_of(logits).flatten(0, 1).contiguous();
}

}  // namespace

void check_compute(Compute compute) {
    if (compute == Compute::cpu || torch::cuda::is_available()) return;
    throw UsageError(
        fmt::format("--compute cuda: LibTorch {} was built without CUDA here, or finds no graphics processor "
                    "(--compute cpu, or build earshot with a LibTorch for CUDA)",
                    TORCH_VERSION));
}

struct Trainer::State {
    const TrainingSet& set;
    Json architecture;
    Rows train_rows, validation_rows;
    FitOptions options;
    Augmenter augmenter;
    std::unique_ptr<network::Network> network, best;
    torch::Tensor weights;  // in the loss
    std::unique_ptr<Adam> optimizer;
    network::NamedTensors before;  // the epoch: everything that it changes except the history
    History history;

    State(const TrainingSet& data, const Json& description, Rows train, Rows validation,
          const FitOptions& fit)
        : set(data),
          architecture(completed(description, data, train)),
          train_rows(std::move(train)),
          validation_rows(std::move(validation)),
          options(fit),
          augmenter(fit.augment, frame_scale(set.frontend)),
          history(fit.schedule != Schedule::constant, fit.criterion == Criterion::none) {
        options.epochs = epochs_of(options, train_rows.size());
        torch::manual_seed(epoch_seed(options.seed, 0));
        network = std::make_unique<network::Network>(architecture);
        best = std::make_unique<network::Network>(architecture);
        if (set.target == model::Target::recording && network->head() != network::Network::Head::dense) {
            throw UsageError(
                "--target recording is for networks that learn: --arch linear and lda need a label for each "
                "window (--target frame, or --arch mlp)");
        }
        if (set.target == model::Target::recording && !network->answer().independent()) {
            throw UsageError("labels of whole recordings need independent outputs (--loss sigmoid)");
        }
        if (of_events() && (!network->answer().independent() || options.mixup > 0))
            throw UsageError("--target events needs --loss sigmoid and --mixup 0 (--overlay mixes windows)");
        if (options.start) begin_with(*options.start);
        const auto counts = independent() ? set.sounding_counts(train_rows) : set.class_counts(train_rows);
        weights =
            network->answer().loss_weights(counts, train_rows.size(), options.balance == Balance::weights);
        fit_input(set, train_rows, *network);
        network::copy_tensors(network->tensors(), best->tensors());
        if (options.compute == Compute::cuda) {
            network->move_to(torch::kCUDA);
            best->move_to(torch::kCUDA);
        }
        optimizer = std::make_unique<Adam>(
            network->parameters(), options.weight_decay, [this](const std::string& name) {
                return options.start && !options.start->find(name).empty() ? options.start_rate : 1;
            });
        before = network::clone_tensors(progress());
    }

    void begin_with(const network::Weights& start) {
        const torch::NoGradGuard no_gradients;
        bool any = false;
        for (auto& [name, tensor] : network->parameters()) {
            const auto values = start.find(name);
            if (values.size() != static_cast<std::size_t>(tensor.numel())) continue;
            std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
            if (options.start_rate == 0) tensor.set_requires_grad(false);
            any = true;
        }
        if (!any) throw UsageError("--ears: none of its layers is in the network (--arch ears)");
    }

    /// How many windows of an example an epoch learns.
    std::int64_t bag() const {
        return set.target == model::Target::recording ? options.windows_per_recording : 1;
    }

    bool of_events() const { return set.target == model::Target::events; }

    Graded grade(const network::Network& judge, const torch::Tensor& logits, const Truth& truth) const {
        if (truth.of_steps()) return grade_steps(logits.view_as(truth.states), truth);
        Graded graded{judge.answer().loss(logits, truth.wanted(), weights)};
        const auto answers = probabilities_of(judge, logits.detach()).argmax(1);
        auto right = answers == truth.classes;
        if (truth.states.defined()) right = right | judge.answer().sounds(answers, truth.states);
        graded.right = right.sum().item<std::int64_t>();
        graded.answers = truth.examples();
        return graded;
    }

    bool independent() const { return network->answer().independent(); }

    /// Fits the last layer to the training windows as they are.
    void fit_output(network::Network& fitted) const {
        const bool balanced = options.balance != Balance::none;
        const Rows rows = rows_to_fit(set, train_rows, fitted);
        const auto counts = independent() ? set.sounding_counts(rows) : set.class_counts(rows);
        fitted.fit_output(
            [&](const network::LabelledSink& sink) {
                for_windows(set, rows, fitted, [&](const WindowBatch& batch, const torch::Tensor& windows) {
                    sink(windows, truth_of(set, batch.examples, independent()).wanted());
                });
            },
            fitted.answer().loss_weights(counts, rows.size(), balanced), balanced);
    }

    bool learns_in_bfloat16() const {
        if (options.compute != Compute::cpu) return false;
        if (options.autocast != Autocast::automatic) return options.autocast == Autocast::bfloat16;
        return network->gains_from_bfloat16() && network::bfloat16_is_faster();
    }

    /// On the CPU: what follows is too little work for another device.
    torch::Tensor learnt_logits(const torch::Tensor& windows) {
        const network::AutocastScope scope(learns_in_bfloat16());
        return network->forward(windows).to(torch::kCPU, torch::kFloat32);
    }

    /// False if the user interrupted it.
    bool learn(int number, Tally& tally) {
        if (!network->learns()) {
            fit_output(*network);
            tally.add(
                grade(*network, logits_of(*network, train_rows), truth_of(set, train_rows, independent())));
            return !interrupted();
        }
        network->train();
        const std::uint64_t seed = epoch_seed(options.seed, number);
        const network::Answer& answer = network->answer();
        torch::manual_seed(seed);
        const Rows rows =
            options.balance == Balance::drawn ? drawn_equally(set, train_rows, seed) : train_rows;
        const auto plan = drawn_windows(set, shuffled(rows, seed), options.windows_per_recording, seed);
        WindowLoader loader(set, plan, static_cast<std::size_t>(options.batch * bag()), &augmenter, seed,
                            options.loaders);
        Random random(seed);
        const double plateau = options.schedule == Schedule::plateau ? history.plateau_share() : 1;
        std::size_t examples = 0;  // used for training in this epoch
        int batches = 0;           // since the last step
        double weight = 0;         // of them
        while (const auto* batch = loader.next()) {
            if (interrupted()) return false;
            const auto truth = truth_of(set, *batch, bag(), independent());
            std::optional<Mixture> mixture;
            if (options.mixup > 0) mixture.emplace(options.mixup, truth.examples(), random);
            auto windows = windows_of(*batch);
            if (mixture) windows = mixture->mixed(windows.view({truth.examples(), -1})).view_as(windows);
            auto logits = learnt_logits(windows);
            if (bag() > 1) logits = logits.view({-1, bag(), answer.outputs()}).amax(1);
            auto graded = grade(*network, logits, truth);
            auto& error = graded.loss;
            if (mixture) {
                const auto other =
                    answer.loss(logits, truth.wanted().index_select(0, mixture->other), weights);
                error.mean = error.mean * mixture->share + other.mean * (1 - mixture->share);
            }
            Adam::add(error.mean * error.weight);
            weight += error.weight;
            const double done =
                (number - 1 + static_cast<double>(examples) / static_cast<double>(rows.size())) /
                options.epochs;
            examples += static_cast<std::size_t>(truth.examples());
            if (++batches == options.accumulate || examples == rows.size()) {
                const double share = plateau * rate_share(options.schedule, done);
                optimizer->step(weight, options.learning_rate * share, options.clip);
                batches = 0;
                weight = 0;
            }
            tally.add(graded);
        }
        return true;
    }

    /// The maximum logits of each example over its windows.
    /// @param learnt  training is complete, so windows are scored at all its paces and pitches
    torch::Tensor logits_of(network::Network& judge, const Rows& rows, bool learnt = true) const {
        const torch::NoGradGuard no_gradients;
        judge.eval();
        const auto outputs = judge.answer().outputs() * set.steps();
        auto highest = torch::full({static_cast<std::int64_t>(rows.size()), outputs}, -INFINITY);
        float* row = highest.data_ptr<float>();
        const auto plan = all_windows(set, rows);
        WindowLoader loader(set, plan, scoring_windows(*network));
        std::size_t example = 0;  // windows are ordered by example
        while (const auto* batch = loader.next()) {
            const auto windows = windows_of(*batch);
            const auto logits = (learnt ? judge.hear(windows) : judge.forward(windows)).cpu().contiguous();
            const float* window = logits.data_ptr<float>();
            for (std::size_t i = 0; i < batch->count(); ++i, window += outputs) {
                for (; rows[example] != batch->examples[i]; ++example) row += outputs;
                for (std::int64_t c = 0; c < outputs; ++c) row[c] = std::max(row[c], window[c]);
            }
        }
        return highest;
    }

    /// Validates the network in its current state.
    void judge(Epoch& epoch) const {
        const Rows& rows = validation_rows;
        const auto logits = logits_of(*network, rows, false);
        Tally tally;
        tally.add(grade(*network, logits, truth_of(set, rows, independent())));
        epoch.validation_loss = tally.mean_loss();
        epoch.validation_accuracy = tally.accuracy();
        if (options.criterion != Criterion::score) return;
        const auto probabilities = probabilities_of(*network, in_steps(logits));
        metrics::Evaluation evaluation(set.labels);
        const auto count = static_cast<std::size_t>(probabilities.numel());
        add_scores(set, rows, std::span(probabilities.data_ptr<float>(), count), evaluation);
        epoch.validation_score = mean_score(evaluation, set.background_index());
    }

    /// [n, outputs], or [n, steps, outputs].
    torch::Tensor in_steps(const torch::Tensor& logits) const {
        return of_events() ? logits.view({logits.size(0), set.steps(), network->answer().outputs()}) : logits;
    }

    /// Everything that an epoch changes except the history.
    network::NamedTensors progress() const {
        network::NamedTensors tensors = optimizer->state();
        for (const auto& [name, tensor] : network->tensors()) tensors.emplace_back("weights." + name, tensor);
        return tensors;
    }

    /// What must be equal in a run and in the one that it resumes.
    Json fingerprint() const {
        FitOptions fit = options;
        Json json{{"architecture", architecture}};
        json.update(settings_fingerprint(fit_settings(fit)));
        json["products"] = learns_in_bfloat16() ? "bfloat16" : "float32";
        json["augment"] = settings_json(augment_settings(fit.augment));
        json["window"] = to_json(set.windowing);
        json["training_data"] = set.data_hash(train_rows);
        json["validation_data"] = set.data_hash(validation_rows);
        if (fit.start) json["ears"] = fit.start_hash;
        if (set.target != model::Target::recording) json.erase("windows_per_recording");
        const bool depends_on_length =
            fit.schedule == Schedule::cosine || fit.schedule == Schedule::one_cycle;
        if (depends_on_length) json["epochs"] = fit.epochs;
        return json;
    }
};

Trainer::Trainer(const TrainingSet& set, const Json& architecture, Rows train, Rows validation,
                 const FitOptions& options)
    : state_(std::make_unique<State>(set, architecture, std::move(train), std::move(validation), options)) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

bool Trainer::finished() const {
    const int done = state_->history.size();
    if (done >= (state_->network->learns() ? state_->options.epochs : 1)) return true;
    const bool may_stop_early = state_->options.patience > 0 && !state_->validation_rows.empty();
    return may_stop_early && done - state_->history.best_epoch() >= state_->options.patience;
}

std::optional<Epoch> Trainer::run_epoch() {
    State& s = *state_;
    Epoch epoch;
    epoch.number = s.history.size() + 1;
    network::copy_tensors(s.progress(), s.before);
    Tally learnt;
    if (!s.learn(epoch.number, learnt)) {
        network::copy_tensors(s.before, s.progress());
        s.network->zero_grad();
        return std::nullopt;
    }
    epoch.loss = learnt.mean_loss();
    epoch.accuracy = learnt.accuracy();
    if (!s.validation_rows.empty()) s.judge(epoch);
    if (!std::isfinite(epoch.loss) || !std::isfinite(epoch.validation_loss.value_or(0))) {
        throw Error(
            fmt::format("training diverged in epoch {}: the loss is no longer a number (lower "
                        "--learning-rate, {} now)",
                        epoch.number, s.options.learning_rate));
    }
    if (s.history.add(epoch)) network::copy_tensors(s.network->tensors(), s.best->tensors());
    return epoch;
}

const Json& Trainer::architecture() const { return state_->architecture; }

void Trainer::fit_output() {
    State& s = *state_;
    // Where nothing else learns, the only epoch has fitted it.
    if (s.best->head() != network::Network::Head::dense && s.best->learns()) s.fit_output(*s.best);
}

const std::vector<Epoch>& Trainer::history() const { return state_->history.epochs(); }

int Trainer::best_epoch() const { return state_->history.best_epoch(); }

std::vector<float> Trainer::score(const Rows& rows) const {
    const State& s = *state_;
    const auto rounded = rounded_copy(*s.best, s.architecture, s.options.weights);
    network::Network& judge = rounded ? *rounded : *s.best;
    const auto probabilities = probabilities_of(judge, s.in_steps(s.logits_of(judge, rows)));
    const auto* values = probabilities.data_ptr<float>();
    return {values, values + probabilities.numel()};
}

void Trainer::save(const std::string& directory) const {
    const fs::path path(directory);
    const State& s = *state_;
    save_weights(path, *s.best, s.progress(), s.options.weights);
    Json json{{"run", s.fingerprint()}};
    json.update(s.history.json());
    write_text((path / "checkpoint.json").string(), json.dump(2) + "\n");
}

void Trainer::resume(const std::string& directory) {
    const fs::path path(directory);
    const std::string json_path = (path / "checkpoint.json").string();
    if (!fs::exists(json_path)) throw Error(fmt::format("{}: has no checkpoint to resume from", directory));
    State& s = *state_;
    History history = s.history;
    const Json json = read_json(json_path);
    json_members(json_path + ": not a checkpoint", [&] {
        check_same_run(json.at("run"), s.fingerprint(), directory);
        const bool judged = !s.validation_rows.empty();
        if (!history.read(json, judged, judged && s.options.criterion == Criterion::score)) {
            throw Error(fmt::format("{}: not a checkpoint: its history does not fit", json_path));
        }
    });
    load_weights(path, s.progress(), *s.best);
    s.history = std::move(history);
}

}  // namespace earshot::train
