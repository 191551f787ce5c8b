#include "model/trainer.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

#include "model/random.h"
#include "model/shuffle.h"
#include "model/window_loader.h"
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

constexpr std::size_t kScoringValues = std::size_t{1} << 20;  // in a batch where no gradient is taken
constexpr std::size_t kScoringWindows = 4096;                 // at most

torch::Tensor windows_of(const WindowBatch& batch) {
    const auto count = static_cast<std::int64_t>(batch.count());
    // from_blob takes a pointer to non-const; networks only read their input.
    return torch::from_blob(const_cast<float*>(batch.values.data()),
                            {count, static_cast<std::int64_t>(batch.values.size()) / count});
}

std::string_view name_of(Balance balance) {
    return balance == Balance::weights ? "balanced" : balance == Balance::drawn ? "drawn" : "none";
}

/// As many of the rows as there are, each class as often as any other, drawn with replacement.
Rows drawn_equally(const TrainingSet& set, const Rows& rows, std::uint64_t seed) {
    std::map<std::int64_t, Rows> of_class;
    for (const auto row : rows) of_class[set.classes[static_cast<std::size_t>(row)]].push_back(row);
    std::vector<const Rows*> classes;
    for (const auto& [c, members] : of_class) classes.push_back(&members);
    Random random(seed);
    Rows drawn;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Rows& members = *classes[i % classes.size()];
        drawn.push_back(members[static_cast<std::size_t>(random.whole(static_cast<std::int64_t>(members.size()) - 1))]);
    }
    return drawn;
}

/// Windows of a batch mixed with others of it.
struct Mixture {
    double share = 1;     // that each window keeps, at least half
    torch::Tensor other;  // index of the example that gives the rest

    /// @param shape  of Beta(shape, shape), by the method of Johnk (Metrika, 1964): right for shapes up to 1
    Mixture(double shape, std::int64_t examples, Random& random) {
        double a = 0, b = 0;
        do {
            a = std::pow(random.uniform(), 1 / shape);
            b = std::pow(random.uniform(), 1 / shape);
        } while (a + b > 1 || a + b == 0);
        share = std::max(a, b) / (a + b);
        Rows order(static_cast<std::size_t>(examples));
        std::iota(order.begin(), order.end(), 0);
        other = torch::tensor(shuffled(std::move(order), random.bits()));
    }
    /// @param values  [examples, ...]
    torch::Tensor mixed(const torch::Tensor& values) const {
        return values * share + values.index_select(0, other) * (1 - share);
    }
};

/// Sums over batches that become means at the end.
struct Tally {
    double loss = 0, weight = 0;
    std::int64_t right = 0, examples = 0;

    void add(const torch::Tensor& probabilities, const torch::Tensor& classes, const Answer::Loss& error) {
        loss += error.mean.item<double>() * error.weight;
        weight += error.weight;
        right += (probabilities.argmax(1) == classes).sum().item<std::int64_t>();
        examples += classes.size(0);
    }
    double mean_loss() const { return loss / weight; }
    double accuracy() const { return static_cast<double>(right) / static_cast<double>(examples); }
};

Epoch epoch_from_json(const Json& json) {
    Epoch epoch;
    json.at("epoch").get_to(epoch.number);
    json.at("loss").get_to(epoch.loss);
    json.at("accuracy").get_to(epoch.accuracy);
    if (json.contains("validation_loss")) epoch.validation_loss = json.at("validation_loss").get<double>();
    if (json.contains("validation_accuracy"))
        epoch.validation_accuracy = json.at("validation_accuracy").get<double>();
    if (json.contains("validation_score")) epoch.validation_score = json.at("validation_score").get<double>();
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
    if (epoch.validation_score) json["validation_score"] = *epoch.validation_score;
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
    Augmenter augmenter;
    std::shared_ptr<Network> network, best;
    torch::Tensor weights;  // in the loss
    std::unique_ptr<Adam> optimizer;
    std::vector<Epoch> history;
    int best_epoch = 0;

    State(const TrainingSet& data, const Json& description, Rows train, Rows validation,
          const FitOptions& fit)
        : set(data),
          architecture(description),
          train_rows(std::move(train)),
          validation_rows(std::move(validation)),
          options(fit),
          augmenter(fit.augment, frame_scale(set.frontend)) {
        torch::manual_seed(epoch_seed(options.seed, 0));
        network = make_network(architecture);
        best = make_network(architecture);
        if (set.target == Target::recording && network->discriminant()) {
            throw UsageError("linear discriminant analysis needs a label for each window (--target frame)");
        }
        if (set.target == Target::recording && !network->answer().independent()) {
            throw UsageError("labels of whole recordings need outputs that speak for themselves (--loss sigmoid)");
        }
        weights = network->answer().loss_weights(set.class_counts(train_rows), options.balance == Balance::weights);
        const auto plan = all_windows(set, train_rows);
        WindowLoader loader(set, plan, scoring_windows());
        network->fit_input([&]() -> torch::Tensor {
            const auto* batch = loader.next();
            return batch ? windows_of(*batch) : torch::Tensor();
        });
        copy_tensors(named_tensors(*network), named_tensors(*best));
        optimizer = std::make_unique<Adam>(*network, options.weight_decay);
    }

    std::size_t scoring_windows() const {
        const auto fitting = kScoringValues / static_cast<std::size_t>(network->window_values());
        return std::clamp(fitting, std::size_t{1}, kScoringWindows);
    }

    /// Windows of an example in an epoch of learning.
    std::int64_t bag() const { return set.target == Target::recording ? options.windows_per_recording : 1; }

    /// Classes of the examples of a batch that has `bag` windows of each.
    torch::Tensor truths_of(const WindowBatch& batch) const {
        const auto each = static_cast<std::size_t>(bag());
        auto truths = torch::empty({static_cast<std::int64_t>(batch.count() / each)}, torch::kInt64);
        auto* values = truths.data_ptr<std::int64_t>();
        for (std::size_t i = 0; i < batch.count(); i += each)
            values[i / each] = set.classes[static_cast<std::size_t>(batch.examples[i])];
        return truths;
    }

    torch::Tensor classes_of(const Rows& rows) const {
        std::vector<std::int64_t> classes;
        for (const auto row : rows) classes.push_back(set.classes[static_cast<std::size_t>(row)]);
        return torch::tensor(classes);
    }

    /// Fits the last layer to the training windows as they are, and to as many changed ones a window as that asks for.
    void fit_output(Network& fitted) const {
        const auto plan = all_windows(set, train_rows);
        fitted.fit_output(
            [&](const LabelledSink& sink) {
                WindowLoader loader(set, plan, scoring_windows());
                while (const auto* batch = loader.next()) sink(windows_of(*batch), classes_of(batch->examples));
            },
            options.balance != Balance::none);
    }

    /// False if the user interrupted it.
    bool learn(int number, Tally& tally) {
        if (!network->learns()) {
            fit_output(*network);
            const auto logits = logits_of(*network, train_rows);
            const auto truth = classes_of(train_rows);
            tally.add(network->answer().probabilities(logits), truth, network->answer().loss(logits, truth, weights));
            return !interrupted();
        }
        network->train();
        const std::uint64_t seed = epoch_seed(options.seed, number);
        const Answer& answer = network->answer();
        torch::manual_seed(seed);
        const Rows rows = options.balance == Balance::drawn ? drawn_equally(set, train_rows, seed) : train_rows;
        const auto plan = drawn_windows(set, shuffled(rows, seed), options.windows_per_recording, seed);
        WindowLoader loader(set, plan, static_cast<std::size_t>(options.batch * bag()), &augmenter, seed,
                            options.loaders);
        Random random(seed);
        const double plateau = options.schedule == Schedule::plateau ? plateau_share() : 1;
        std::size_t examples = 0;  // learnt from in this epoch
        int batches = 0;           // since the last step
        double weight = 0;         // of them
        while (const auto* batch = loader.next()) {
            if (interrupted()) return false;
            const auto truth = truths_of(*batch);
            std::optional<Mixture> mixture;
            if (options.mixup > 0) mixture.emplace(options.mixup, truth.size(0), random);
            auto windows = windows_of(*batch);
            if (mixture) windows = mixture->mixed(windows.view({truth.size(0), -1})).view_as(windows);
            auto logits = network->forward(windows);
            if (bag() > 1) logits = logits.view({-1, bag(), answer.outputs()}).amax(1);
            auto error = answer.loss(logits, truth, weights);
            if (mixture) {
                const auto other = answer.loss(logits, truth.index_select(0, mixture->other), weights);
                error.mean = error.mean * mixture->share + other.mean * (1 - mixture->share);
            }
            Adam::add(error.mean * error.weight);
            weight += error.weight;
            const double done =
                (number - 1 + static_cast<double>(examples) / static_cast<double>(rows.size())) / options.epochs;
            examples += static_cast<std::size_t>(truth.size(0));
            if (++batches == options.accumulate || examples == rows.size()) {
                const double share = plateau * rate_share(options.schedule, done);
                optimizer->step(weight, options.learning_rate * share, options.clip);
                batches = 0;
                weight = 0;
            }
            tally.add(answer.probabilities(logits.detach()), truth, error);
        }
        return true;
    }

    /// Of some examples, the highest logits over their windows.
    torch::Tensor logits_of(Network& judge, const Rows& rows) const {
        const torch::NoGradGuard no_gradients;
        judge.eval();
        const auto outputs = judge.answer().outputs();
        auto highest = torch::full({static_cast<std::int64_t>(rows.size()), outputs}, -INFINITY);
        float* row = highest.data_ptr<float>();
        const auto plan = all_windows(set, rows);
        WindowLoader loader(set, plan, scoring_windows());
        std::size_t example = 0;  // windows come example after example
        while (const auto* batch = loader.next()) {
            const auto logits = judge.forward(windows_of(*batch)).contiguous();
            const float* window = logits.data_ptr<float>();
            for (std::size_t i = 0; i < batch->count(); ++i, window += outputs) {
                for (; rows[example] != batch->examples[i]; ++example) row += outputs;
                for (std::int64_t c = 0; c < outputs; ++c) row[c] = std::max(row[c], window[c]);
            }
        }
        return highest;
    }

    /// What validation shows of the network as it stands.
    void judge(Epoch& epoch) const {
        const Rows& rows = validation_rows;
        const auto logits = logits_of(*network, rows);
        const auto truth = classes_of(rows);
        const Answer& answer = network->answer();
        const auto probabilities = answer.probabilities(logits).contiguous();
        Tally tally;
        tally.add(probabilities, truth, answer.loss(logits, truth, weights));
        epoch.validation_loss = tally.mean_loss();
        epoch.validation_accuracy = tally.accuracy();
        if (options.criterion != Criterion::score) return;
        Evaluation evaluation(set.labels);
        const auto count = static_cast<std::size_t>(probabilities.numel());
        add_scores(set, rows, std::span(probabilities.data_ptr<float>(), count), evaluation);
        epoch.validation_score = mean_score(evaluation);
    }

    /// Mean over the labels but the background that can be judged.
    double mean_score(const Evaluation& evaluation) const {
        const auto rates = evaluation.detection_rates(evaluation.balanced_thresholds());
        double sum = 0;
        int labels = 0;
        for (std::size_t c = 0; c < rates.size(); ++c) {
            if (static_cast<std::int64_t>(c) == set.background_index() || std::isnan(rates[c].score())) continue;
            sum += rates[c].score();
            ++labels;
        }
        return labels == 0 ? 0 : sum / labels;
    }

    /// By validation, or where there is none by what was seen while learning.
    static bool better(const Epoch& epoch, const Epoch& than) {
        if (!epoch.validation_loss) return epoch.loss < than.loss;
        if (epoch.validation_score && *epoch.validation_score != *than.validation_score) {
            return *epoch.validation_score > *than.validation_score;
        }
        return *epoch.validation_loss < *than.validation_loss;
    }

    /// True if the weights after this epoch are to be kept.
    bool to_keep(const Epoch& epoch) const {
        if (best_epoch == 0 || !epoch.validation_loss) return true;
        const Epoch& kept = history[static_cast<std::size_t>(best_epoch - 1)];
        // Of those that score the same the later, where the step size falls.
        const bool settles = options.schedule != Schedule::constant;
        if (settles && epoch.validation_score && *epoch.validation_score == *kept.validation_score) return true;
        return better(epoch, kept);
    }

    /// Follows from the history alone, so that a resumed run goes on at the same rate.
    double plateau_share() const {
        double share = 1;
        const Epoch* best_so_far = nullptr;
        int waited = 0;
        for (const Epoch& epoch : history) {
            if (!best_so_far || better(epoch, *best_so_far)) {
                best_so_far = &epoch;
                waited = 0;
            } else if (++waited == kPlateauEpochs) {
                share /= 2;
                waited = 0;
            }
        }
        return share;
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
        Json json{{"architecture", architecture},
                  {"batch", options.batch},
                  {"learning_rate", options.learning_rate},
                  {"weight_decay", options.weight_decay},
                  {"class_weights", name_of(options.balance)},
                  {"accumulate", options.accumulate},
                  {"clip", options.clip},
                  {"mixup", options.mixup},
                  {"augment", to_json(options.augment)},
                  {"criterion", options.criterion == Criterion::score ? "score" : "loss"},
                  {"seed", options.seed},
                  {"window", to_json(set.windowing)},
                  {"training_data", set.data_hash(train_rows)},
                  {"validation_data", set.data_hash(validation_rows)}};
        if (set.target == Target::recording) json["windows_per_recording"] = options.windows_per_recording;
        if (options.schedule == Schedule::plateau) {
            json["schedule"] = "plateau";
        } else if (options.schedule != Schedule::constant) {  // which depends on how long the run shall be
            json["schedule"] = options.schedule == Schedule::cosine ? "cosine" : "one-cycle";
            json["epochs"] = options.epochs;
        }
        return json;
    }
};

Trainer::Trainer(const TrainingSet& set, const Json& architecture, Rows train, Rows validation,
                 const FitOptions& options)
    : state_(std::make_unique<State>(set, architecture, std::move(train), std::move(validation), options)) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

bool Trainer::finished() const {
    const int done = static_cast<int>(state_->history.size());
    if (done >= (state_->network->learns() ? state_->options.epochs : 1)) return true;
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
    const bool keep = s.to_keep(epoch);
    s.history.push_back(epoch);
    if (keep) {
        copy_tensors(named_tensors(*s.network), named_tensors(*s.best));
        s.best_epoch = epoch.number;
    }
    return epoch;
}

void Trainer::fit_output() {
    if (state_->best->discriminant()) state_->fit_output(*state_->best);
}

const std::vector<Epoch>& Trainer::history() const { return state_->history; }

int Trainer::best_epoch() const { return state_->best_epoch; }

std::vector<float> Trainer::score(const Rows& rows) const {
    const State& s = *state_;
    const auto probabilities = s.best->answer().probabilities(s.logits_of(*s.best, rows)).contiguous();
    const auto* values = probabilities.data_ptr<float>();
    return {values, values + probabilities.numel()};
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
                                const bool judged = !s.validation_rows.empty();
                                const bool scored = judged && s.options.criterion == Criterion::score;
                                return epoch.validation_loss.has_value() == judged &&
                                       epoch.validation_score.has_value() == scored;
                            });
    if (!consistent) throw Error(fmt::format("{}: not a checkpoint: its history does not fit", json_path));
    load_tensors(s.progress(), (path / "checkpoint.npz").string());
    load_tensors(named_tensors(*s.best), (path / "weights.npz").string());
    s.history = std::move(history);
    s.best_epoch = best_epoch;
}

}  // namespace earshot
