#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "support/setting.h"
#include "train/trainer.h"

namespace earshot::train {
namespace {

/// `N`, passes over the data, or `N,STEPS`, more of them where they take fewer steps.
SettingValue epochs_value(FitOptions& options) {
    SettingValue value;
    value.wanted = "N or N,STEPS, such as 60,1000";
    value.read = [&options](const std::string& text) {
        constexpr int kMost = 1'000'000;
        const auto comma = text.find(',');
        FitOptions read;
        const auto epochs = whole_in(read.epochs, 1, kMost).read(text.substr(0, comma));
        const auto steps =
            comma == text.npos ? "" : whole_in(read.min_steps, 1, kMost).read(text.substr(comma + 1));
        if (!epochs.empty() || !steps.empty()) {
            return fmt::format("'{}' should be N or N,STEPS, such as 60,1000, both from 1 to {}", text,
                               kMost);
        }
        options.epochs = read.epochs;
        options.min_steps = read.min_steps;
        return std::string();
    };
    value.text = [&options] {
        return options.min_steps > 0 ? fmt::format("{},{}", options.epochs, options.min_steps)
                                     : fmt::format("{}", options.epochs);
    };
    value.json = [&options] { return nlohmann::ordered_json(options.epochs); };
    return value;
}

}  // namespace

std::vector<Setting> fit_settings(FitOptions& fit) {
    return {
        Setting("epochs", epochs_value(fit), "N[,STEPS]", "Passes over the data, and the fewest steps")
            .basic()
            .free(),
        Setting("patience", whole_in(fit.patience, 0, 1'000'000), "N",
                "Stop after this many epochs without improvement (0: never)")
            .free(),
        {"criterion",
         choice_of<Criterion>(
             fit.criterion,
             {{"loss", Criterion::loss}, {"score", Criterion::score}, {"none", Criterion::none}}),
         "WHAT", "What must improve: loss, score (false alarms and misses); none: keep the last epoch"},
        {"batch", whole_in(fit.batch, 1, 1 << 20), "N", "Frames or recordings per step"},
        {"learning-rate", number_in(fit.learning_rate, 1e-9, 10), "X", "Step size of Adam"},
        Setting("ears-rate", number_in(fit.start_rate, 0, 10), "X",
                "Learning rate of pretrained layers, a share of that of the others (0: frozen)")
            .sparse(),
        {"schedule",
         choice_of<Schedule>(fit.schedule, {{"constant", Schedule::constant},
                                            {"cosine", Schedule::cosine},
                                            {"one-cycle", Schedule::one_cycle},
                                            {"plateau", Schedule::plateau}}),
         "HOW", "How the step size changes over the run"},
        {"weight-decay", number_in(fit.weight_decay, 0, 100), "X", "Decoupled weight decay"},
        {"accumulate", whole_in(fit.accumulate, 1, 1 << 20), "N", "Batches per optimiser step"},
        {"clip", number_in(fit.clip, 0, 1e9), "X", "Clip the gradient to this norm (0: off)"},
        {"mixup", number_in(fit.mixup, 0, 1), "X", "Mix windows in pairs, weights from Beta(X, X)"},
        Setting("autocast",
                choice_of<Autocast>(fit.autocast, {{"none", Autocast::none},
                                                   {"bfloat16", Autocast::bfloat16},
                                                   {"auto", Autocast::automatic}}),
                "HOW", "Train in bfloat16 (auto: where that is faster)")
            .free(),  // the fingerprint of a run has what is multiplied in
        Setting("weights", network::precision_in(fit.weights), "TYPE",
                "Write the weights as float32, float16 or int8")
            .free(),  // it learns in float32
        Setting("compute", choice_of<Compute>(fit.compute, {{"cpu", Compute::cpu}, {"cuda", Compute::cuda}}),
                "WHERE", "Train on the CPU or on a CUDA GPU")
            .as("device"),
        Setting("loaders", whole_in(fit.loaders, 1, 256), "N", "Threads that read and augment windows")
            .free(),
        {"class-weights",
         choice_of<Balance>(
             fit.balance,
             {{"balanced", Balance::weights}, {"drawn", Balance::drawn}, {"none", Balance::none}}),
         "HOW", "Weight rare classes up (balanced), oversample them (drawn), or none"},
        Setting("windows", whole_in(fit.windows_per_recording, 1, 1000), "N",
                "Windows per recording and epoch, for --target recording")
            .as("windows_per_recording"),
        {"seed", any_whole(fit.seed), "N", "Seed of all random numbers"},
    };
}

int epochs_of(const FitOptions& options, std::size_t examples) {
    const auto parts = [](std::size_t whole, int part) {
        return (whole + static_cast<std::size_t>(part) - 1) / static_cast<std::size_t>(part);
    };
    const auto steps =
        static_cast<int>(std::max<std::size_t>(1, parts(parts(examples, options.batch), options.accumulate)));
    return std::max(options.epochs,
                    static_cast<int>(parts(static_cast<std::size_t>(options.min_steps), steps)));
}

void check_same_run(const nlohmann::ordered_json& theirs, const nlohmann::ordered_json& ours,
                    const std::string& directory) {
    // A checkpoint from before a setting existed has its default.
    FitOptions fit;
    nlohmann::ordered_json known = settings_fingerprint(fit_settings(fit));
    known["augment"] = settings_json(augment_settings(fit.augment));
    known.merge_patch(theirs);
    for (const auto& [key, value] : ours.items()) {
        const auto& was = known.at(key);
        if (nlohmann::json(was) == nlohmann::json(value)) continue;  // in whatever order
        throw Error(fmt::format(
            "{}: cannot resume: \"{}\" was {} and is now {} (only --epochs and --patience may change)",
            directory, key, was.dump(), value.dump()));
    }
}

}  // namespace earshot::train
