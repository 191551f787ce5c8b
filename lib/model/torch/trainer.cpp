#include "model/trainer.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "model/shuffle.h"
#include "model/torch/adam.h"
#include "model/torch/network.h"
#include "model/torch/weights.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "support/output.h"

namespace earshot {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kScoringRows = 4096;  // a batch where no gradient is taken

/// rows[first, first + count) as an index tensor; fewer at the end.
torch::Tensor take(const Rows& rows, std::size_t first, std::size_t count) {
    const auto size = std::min(count, rows.size() - first);
    // from_blob takes a pointer to non-const; an index is only read.
    return torch::from_blob(const_cast<std::int64_t*>(rows.data() + first), {static_cast<std::int64_t>(size)},
                            torch::kInt64);
}

/// Each frame louder or softer by a random gain of mean 0 dB; draws from LibTorch's generator.
torch::Tensor jittered(const torch::Tensor& frames, double deviation_db) {
    if (deviation_db == 0) return frames;
    return frames * torch::pow(10.0, torch::randn({frames.size(0), 1}) * (deviation_db / 20));
}

torch::Tensor class_weights(const TrainingSet& set, const Rows& rows, bool balanced) {
    const auto counts = set.class_counts(rows);
    std::vector<float> weights(counts.size(), 1.0F);
    if (balanced) {
        const double share = static_cast<double>(rows.size()) / static_cast<double>(counts.size());
        for (std::size_t c = 0; c < counts.size(); ++c) {
            weights[c] =
                static_cast<float>(share / static_cast<double>(std::max<std::int64_t>(1, counts[c])));
        }
    }
    return torch::tensor(weights);
}

/// Sums over batches that become means at the end.
struct Tally {
    double loss = 0, weight = 0;
    std::int64_t right = 0, rows = 0;

    void add(const torch::Tensor& logits, const torch::Tensor& classes, double mean_loss,
             double total_weight) {
        loss += mean_loss * total_weight;
        weight += total_weight;
        right += (logits.argmax(1) == classes).sum().item<std::int64_t>();
        rows += classes.size(0);
    }
    double mean_loss() const { return loss / weight; }
    double accuracy() const { return static_cast<double>(right) / static_cast<double>(rows); }
};

Epoch epoch_from_json(const Json& json) {
    Epoch epoch;
    json.at("epoch").get_to(epoch.number);
    json.at("loss").get_to(epoch.loss);
    json.at("accuracy").get_to(epoch.accuracy);
    if (json.contains("validation_loss")) epoch.validation_loss = json.at("validation_loss").get<double>();
    if (json.contains("validation_accuracy"))
        epoch.validation_accuracy = json.at("validation_accuracy").get<double>();
    return epoch;
}

void check_same_run(const Json& theirs, const Json& ours, const std::string& directory) {
    for (const auto& [key, value] : ours.items()) {
        if (theirs.at(key) == value) continue;
        throw Error(
            fmt::format("{}: cannot resume: \"{}\" was {}, now {} (only --epochs and --patience may change)",
                        directory, key, theirs.at(key).dump(), value.dump()));
    }
}

}  // namespace

Json to_json(const Epoch& epoch) {
    Json json{{"epoch", epoch.number}, {"loss", epoch.loss}, {"accuracy", epoch.accuracy}};
    if (epoch.validation_loss) json["validation_loss"] = *epoch.validation_loss;
    if (epoch.validation_accuracy) json["validation_accuracy"] = *epoch.validation_accuracy;
    return json;
}

std::string torch_version() {
    return fmt::format("{}.{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH);
}

struct Trainer::State {
    const TrainingSet& set;
    Json architecture;
    Rows train_rows, validation_rows;
    FitOptions options;
    torch::Tensor frames, classes;  // views of the set: [N, D], [N]
    torch::Tensor weights;          // of the classes in the loss, [C]
    std::shared_ptr<Network> network, best;
    std::unique_ptr<Adam> optimizer;
    std::vector<Epoch> history;
    int best_epoch = 0;

    State(const TrainingSet& data, const Json& description, Rows train, Rows validation,
          const FitOptions& fit)
        : set(data),
          architecture(description),
          train_rows(std::move(train)),
          validation_rows(std::move(validation)),
          options(fit) {
        const auto rows = static_cast<std::int64_t>(set.classes.size());
        // from_blob takes pointers to non-const; both tensors are only ever read.
        frames = torch::from_blob(const_cast<float*>(set.frames.data()), {rows, set.dimension});
        classes = torch::from_blob(const_cast<std::int64_t*>(set.classes.data()), {rows}, torch::kInt64);
        weights = class_weights(set, train_rows, options.balanced);
        torch::manual_seed(epoch_seed(options.seed, 0));
        network = make_network(architecture);
        best = make_network(architecture);
        network->fit_input(row_stream(train_rows));
        copy_tensors(named_tensors(*network), named_tensors(*best));
        optimizer = std::make_unique<Adam>(*network, options.learning_rate, options.weight_decay);
    }

    Network::WindowStream row_stream(const Rows& rows) const {
        return [this, &rows, next = std::size_t{0}]() mutable -> torch::Tensor {
            if (next >= rows.size()) return {};
            const auto batch = take(rows, next, kScoringRows);
            next += kScoringRows;
            return frames.index_select(0, batch);
        };
    }

    torch::Tensor loss(const torch::Tensor& logits, const torch::Tensor& truth) const {
        using Options = torch::nn::functional::CrossEntropyFuncOptions;
        return torch::nn::functional::cross_entropy(logits, truth, Options().weight(weights));
    }

    double total_weight(const torch::Tensor& truth) const {
        return weights.index_select(0, truth).sum().item<double>();
    }

    /// False if the user interrupted it.
    bool learn(int number, Tally& tally) {
        network->train();
        const Rows order = shuffled(train_rows, epoch_seed(options.seed, number));
        torch::manual_seed(epoch_seed(options.seed, number));
        for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(options.batch)) {
            if (interrupted()) return false;
            const auto batch = take(order, first, static_cast<std::size_t>(options.batch));
            const auto truth = classes.index_select(0, batch);
            const auto logits =
                network->forward(jittered(frames.index_select(0, batch), options.gain_jitter_db));
            const auto error = loss(logits, truth);
            optimizer->step(error);
            tally.add(logits.detach(), truth, error.item<double>(), total_weight(truth));
        }
        return true;
    }

    Tally judge(const Rows& rows) const {
        const torch::NoGradGuard no_gradients;
        network->eval();
        Tally tally;
        for (std::size_t first = 0; first < rows.size(); first += kScoringRows) {
            const auto batch = take(rows, first, kScoringRows);
            const auto truth = classes.index_select(0, batch);
            const auto logits = network->forward(frames.index_select(0, batch));
            tally.add(logits, truth, loss(logits, truth).item<double>(), total_weight(truth));
        }
        return tally;
    }

    double loss_to_beat() const {
        return best_epoch == 0 ? INFINITY
                               : history[static_cast<std::size_t>(best_epoch - 1)].validation_loss.value();
    }

    /// All that an epoch changes but for the history.
    NamedTensors progress() const {
        NamedTensors tensors = optimizer->state();
        for (const auto& [name, tensor] : named_tensors(*network))
            tensors.emplace_back("weights." + name, tensor);
        return tensors;
    }

    /// What a resumed run must have in common with the one that it resumes.
    Json fingerprint() const {
        return {{"architecture", architecture},
                {"batch", options.batch},
                {"learning_rate", options.learning_rate},
                {"weight_decay", options.weight_decay},
                {"class_weights", options.balanced ? "balanced" : "none"},
                {"gain_jitter", options.gain_jitter_db},
                {"seed", options.seed},
                {"training_data", set.data_hash(train_rows)},
                {"validation_data", set.data_hash(validation_rows)}};
    }
};

Trainer::Trainer(const TrainingSet& set, const Json& architecture, Rows train, Rows validation,
                 const FitOptions& options)
    : state_(std::make_unique<State>(set, architecture, std::move(train), std::move(validation), options)) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

bool Trainer::finished() const {
    const int done = static_cast<int>(state_->history.size());
    if (done >= state_->options.epochs) return true;
    const bool may_stop_early = state_->options.patience > 0 && !state_->validation_rows.empty();
    return may_stop_early && done - state_->best_epoch >= state_->options.patience;
}

std::optional<Epoch> Trainer::run_epoch() {
    State& s = *state_;
    Epoch epoch;
    epoch.number = static_cast<int>(s.history.size()) + 1;
    const NamedTensors before = clone_tensors(s.progress());
    Tally learnt;
    if (!s.learn(epoch.number, learnt)) {
        copy_tensors(before, s.progress());
        return std::nullopt;
    }
    epoch.loss = learnt.mean_loss();
    epoch.accuracy = learnt.accuracy();
    bool better = true;
    if (!s.validation_rows.empty()) {
        const Tally judged = s.judge(s.validation_rows);
        epoch.validation_loss = judged.mean_loss();
        epoch.validation_accuracy = judged.accuracy();
        better = *epoch.validation_loss < s.loss_to_beat();
    }
    if (!std::isfinite(epoch.loss) || !std::isfinite(epoch.validation_loss.value_or(0))) {
        throw Error(
            fmt::format("training diverged in epoch {}: the loss is no longer a number (lower "
                        "--learning-rate, {} now)",
                        epoch.number, s.options.learning_rate));
    }
    s.history.push_back(epoch);
    if (better) {
        copy_tensors(named_tensors(*s.network), named_tensors(*s.best));
        s.best_epoch = epoch.number;
    }
    return epoch;
}

const std::vector<Epoch>& Trainer::history() const { return state_->history; }

int Trainer::best_epoch() const { return state_->best_epoch; }

std::vector<float> Trainer::score(const Rows& rows) const {
    const torch::NoGradGuard no_gradients;
    const State& s = *state_;
    s.best->eval();
    std::vector<float> scores;
    scores.reserve(rows.size() * s.set.labels.size());
    const auto next_batch = s.row_stream(rows);
    for (auto batch = next_batch(); batch.defined(); batch = next_batch()) {
        const auto probabilities = torch::softmax(s.best->forward(batch), 1).contiguous();
        const auto* values = probabilities.data_ptr<float>();
        scores.insert(scores.end(), values, values + probabilities.numel());
    }
    return scores;
}

void Trainer::save(const std::string& directory) const {
    const fs::path path(directory);
    save_tensors(named_tensors(*state_->best), (path / "weights.npz").string());
    save_tensors(state_->progress(), (path / "checkpoint.npz").string());
    Json history = Json::array();
    for (const Epoch& epoch : state_->history) history.push_back(to_json(epoch));
    const Json json{{"run", state_->fingerprint()}, {"best_epoch", state_->best_epoch}, {"history", history}};
    write_text((path / "checkpoint.json").string(), json.dump(2) + "\n");
}

void Trainer::resume(const std::string& directory) {
    const fs::path path(directory);
    const std::string json_path = (path / "checkpoint.json").string();
    if (!fs::exists(json_path)) throw Error(fmt::format("{}: has no checkpoint to resume from", directory));
    State& s = *state_;
    std::vector<Epoch> history;
    int best_epoch = 0;
    try {
        const Json json = Json::parse(read_text(json_path));
        check_same_run(json.at("run"), s.fingerprint(), directory);
        for (const Json& epoch : json.at("history")) history.push_back(epoch_from_json(epoch));
        best_epoch = json.at("best_epoch").get<int>();
    } catch (const Json::exception& error) {
        throw Error(fmt::format("{}: not a checkpoint: {}", json_path, error.what()));
    }
    const bool consistent = best_epoch >= 1 && best_epoch <= static_cast<int>(history.size()) &&
                            std::ranges::all_of(history, [&](const Epoch& epoch) {
                                return epoch.validation_loss.has_value() == !s.validation_rows.empty();
                            });
    if (!consistent) throw Error(fmt::format("{}: not a checkpoint: its history does not fit", json_path));
    load_tensors(s.progress(), (path / "checkpoint.npz").string());
    load_tensors(named_tensors(*s.best), (path / "weights.npz").string());
    s.history = std::move(history);
    s.best_epoch = best_epoch;
}

}  // namespace earshot
