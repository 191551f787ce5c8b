#include "network/architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "network/architectures/architectures.h"
#include "network/settings.h"
#include "support/error.h"
#include "support/setting.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxValues = std::int64_t{1} << 20;  // of a window
constexpr std::int64_t kMaxClasses = std::int64_t{1} << 16;

/// Kinds as people choose them: those of the registry, and two that are settings of mlp.
/// @param setting  only those that have it; null: all
std::vector<std::string> kinds_with(const char* setting) {
    std::vector<std::string> kinds;
    for (const Architecture& each : architectures()) {
        if (setting != nullptr &&
            std::ranges::find(each.settings, std::string_view(setting)) == each.settings.end())
            continue;
        kinds.emplace_back(each.kind);
        if (each.kind == "mlp") kinds.emplace_back("dnn");
    }
    if (setting == nullptr) kinds.emplace_back("lda");
    return kinds;
}

/// "Stride of each convolution, for attention"
std::string help_for(const char* what, const char* setting) {
    return fmt::format("{}, for {}", what, fmt::join(kinds_with(setting), ", "));
}

/// As model.json names it: dnn and lda are mlp, with a layer normalisation and without a hidden layer.
std::string kind_in_files(const std::string& kind) { return kind == "dnn" || kind == "lda" ? "mlp" : kind; }

std::vector<Setting> settings_of(InputOptions& input, std::vector<std::string> compressions) {
    return {
        {"compress", one_of(input.compression.kind, std::move(compressions)), "HOW",
         "Compress magnitudes: log, sqrt, none (auto: by kind of frame)"},
        {"floor", number_in(input.compression.floor, 1e-30, 1e30), "X",
         "Magnitude treated as silence, for log"},
        Setting("range", number_in(input.range.db, 0, 200), "DB",
                "Add noise this far below a window's mean (0: none)")
            .as("range_db")
            .sparse(),
        {"logarithms-of",
         choice_of<LogOf>(input.range.values, {{"power", LogOf::power}, {"magnitude", LogOf::magnitude}}), "",
         ""},
        Setting("deltas", whole_in(input.deltas, 0, 2), "N",
                "Add first (1) and second (2) differences over time")
            .sparse(),
        Setting("pool", whole_in(input.pool, 0, std::int64_t{1} << 20), "N",
                "Average a window to this many time steps (0: off)")
            .sparse(),
        Setting("deviation", on_or_off(input.deviation), "",
                "Add the standard deviation within each time step")
            .sparse(),
        {"standardise", one_of(input.standardise, {"data", "window", "mean", "none"}), "HOW",
         "Standardise by: data, window, mean, none"},
    };
}

std::vector<Setting> layer_settings(NetworkOptions& network) {
    constexpr std::size_t kMaxConvolutions = 8, kMaxDense = 16;
    return {
        {"channels", sizes_in(network.channels, 1, kMaxConvolutions, 4096), "N,...",
         help_for("Channels of each convolution", "channels")},
        {"strides", sizes_in(network.strides, 1, kMaxConvolutions, 64), "N,...",
         help_for("Stride of each convolution", "strides")},
        {"dilations", sizes_in(network.dilations, 0, kMaxConvolutions, 64), "N,...",
         help_for("Dilation of each convolution over time alone", "dilations")},
        {"heads", whole_in(network.heads, 1, 256), "N", "Heads of self-attention"},
        {"units", whole_in(network.units, 1, 1 << 16), "N",
         help_for("Units of the dense layer over bands", "units")},
        {"hidden", sizes_in(network.hidden, 0, kMaxDense, 1 << 20), "N,...",
         help_for("Units of each dense layer", "hidden")},
        {"dropout", number_in(network.dropout, 0, 0.99), "X",
         "Fraction of hidden units to drop while training"},
        Setting("paces", number_in(network.paces, 0, 0.5), "X",
                "After training, score slower and faster copies too")
            .sparse(),
        Setting("pitches", number_in(network.pitches, 0, 0.5), "X",
                "After training, score lower and higher copies too")
            .sparse(),
        {"shrinkage", number_in(network.shrinkage, 0, 1), "X",
         "Shrinkage of the covariance, for lda [estimated]"},
        {"penalty", number_in(network.penalty, kLeastPenalty, kMostPenalty), "X",
         "Penalty of large weights, for linear [by cross-validation]"},
        {"nearest", whole_in(network.nearest, 1, 1 << 16), "N",
         "Most similar examples of a label that count, for neighbours"},
    };
}

Json describe_input(InputOptions input) {
    Json json = settings_json(input_settings(input));
    if (input.compression.kind != "log") json.erase("floor");
    if (input.range.db == 0) json.erase("logarithms_of");
    return json;
}

bool is_discriminant(const NetworkOptions& options) { return options.kind == "lda" || options.head == "lda"; }
bool is_likeness(const NetworkOptions& options) {
    return is_discriminant(options) || options.kind == "neighbours";
}

void check(const NetworkOptions& options) {
    if (is_likeness(options) && options.answer.kind != "softmax") {
        throw UsageError(
            "--arch lda, --arch neighbours and --head lda tell labels from each other (leave --loss out)");
    }
    const bool summarises = find_architecture(kind_in_files(options.kind)).summarises;
    if (summarises && options.head != "dense")
        throw UsageError(fmt::format("--head is for networks that learn, not for --arch {}", options.kind));
    const bool by_window = options.input.standardise == "window" || options.input.standardise == "mean";
    if (summarises && by_window && options.input.pool == 0) {
        throw UsageError(
            fmt::format("--arch {} needs --standardise data or none (or --pool, instead of mean and maximum)",
                        options.kind));
    }
    if (options.penalty && options.kind != "linear") throw UsageError("--penalty is for --arch linear");
    const bool over_time = options.input.deltas > 0 || options.input.pool > 0 ||
                           options.input.standardise == "window" || options.input.standardise == "mean" ||
                           find_architecture(kind_in_files(options.kind)).needs_several_frames ||
                           options.paces > 0;
    if (options.frames == 1 && over_time) {
        throw UsageError(
            "--deltas, --pool, --paces, --standardise window or mean and --arch cnn or separable need "
            "windows "
            "of several frames (--window)");
    }
    if (options.input.pool > 0 && find_architecture(kind_in_files(options.kind)).frames_per_step > 0)
        throw UsageError(
            "--pool cannot be combined with --arch tcn, temporal or ears-events (they answer step by step)");
    if (options.input.deviation && options.input.pool == 0) {
        throw UsageError("--deviation needs --pool: of the frames of each step of time");
    }
    if (options.input.pool > options.frames) {
        throw UsageError(
            fmt::format("--pool {}: a window has {} frames only", options.input.pool, options.frames));
    }
}

void check_sizes(const NetworkOptions& options) {
    const auto& known = find_architecture(kind_in_files(options.kind)).settings;
    const auto only_for = [&](bool given, const char* setting) {
        const bool takes = std::ranges::find(known, std::string_view(setting)) != known.end();
        if (!given || (takes && options.kind != "lda")) return;
        throw UsageError(fmt::format("--{} is for --arch {}", setting, fmt::join(kinds_with(setting), ", ")));
    };
    only_for(options.channels.has_value(), "channels");
    only_for(options.strides.has_value(), "strides");
    only_for(options.dilations.has_value(), "dilations");
    only_for(options.heads.has_value(), "heads");
    only_for(options.units.has_value(), "units");
    only_for(options.hidden.has_value(), "hidden");
    only_for(options.nearest.has_value(), "nearest");
}

/// Sizes that were not asked for, as the kind has them.
void fill_sizes(NetworkOptions& options) {
    if (options.kind == "lda") options.hidden.emplace();
    if (options.kind == "dnn" && !options.hidden) options.hidden = {512, 256};
    options.layer_norm = options.kind == "dnn";
    find_architecture(kind_in_files(options.kind)).fill(options);
}

const Json& part(const Json& architecture, const char* key) {
    const auto found = architecture.is_object() ? architecture.find(key) : architecture.end();
    if (found == architecture.end()) throw Error(fmt::format("architecture: \"{}\" is missing", key));
    return *found;
}

InputOptions read_input(const Json& architecture) {
    const Json& json = part(architecture, "input");
    InputOptions input;
    const auto needed = [&](const char* key) {
        if (!json.contains(key)) throw Error(fmt::format("architecture: \"{}\" is missing", key));
    };
    needed("compress");
    read_settings(json, settings_of(input, {"none", "sqrt", "log"}), "architecture");
    if (input.compression.kind == "log") needed("floor");
    if (input.range.db > 0) needed("logarithms_of");
    return input;
}

std::string read_head(const Json& architecture) {
    if (!architecture.contains("head")) return "dense";
    const auto head = text_setting(architecture, "head");
    if (head == "lda") return head;
    throw Error(
        fmt::format("architecture: no head '{}' (known: lda; perhaps a newer earshot wrote it)", head));
}

/// How many examples of each label neighbours remembers.
std::vector<std::int64_t> read_examples(const Json& architecture, std::int64_t classes) {
    constexpr std::int64_t kMost = std::int64_t{1} << 20;
    std::vector<std::int64_t> examples;
    const auto wrong =
        list_in(examples, 1, kMaxClasses, 1, kMost).take(part(architecture, "examples"), "examples");
    if (!wrong.empty()) throw Error("architecture: " + wrong);
    if (static_cast<std::int64_t>(examples.size()) != classes) {
        throw Error(
            fmt::format("architecture: \"examples\" has {} numbers, should have {}, one for each class",
                        examples.size(), classes));
    }
    return examples;
}

AnswerOptions read_answer(const Json& architecture) {
    AnswerOptions answer;
    answer.classes = whole_setting(architecture, "classes", 1, kMaxClasses);
    if (architecture.contains("answer")) answer.kind = text_setting(architecture, "answer");
    if (answer.kind != "softmax" && answer.kind != "sigmoid" && answer.kind != "likeness") {
        throw Error(
            fmt::format("architecture: no answer '{}' (known: softmax, sigmoid, likeness)", answer.kind));
    }
    if (answer.kind == "softmax" || !architecture.contains("background")) return answer;
    answer.background = whole_setting(architecture, "background", 0, answer.classes - 1);
    if (answer.classes < 2) throw Error("architecture: \"classes\" is 1, and that is the background");
    return answer;
}

}  // namespace

std::vector<Setting> input_settings(InputOptions& options) {
    return settings_of(options, {"auto", "log", "sqrt", "none"});
}

std::vector<Setting> network_settings(NetworkOptions& options) {
    const auto kinds = kinds_with(nullptr);
    std::vector<Setting> settings{
        Setting("arch", one_of(options.kind, kinds), "KIND",
                "Network: mlp, cnn, linear, lda ... (all: earshot-train(1))")
            .basic(),
        {"head", one_of(options.head, {"dense", "lda"}), "KIND",
         "Last layer: dense, or lda (linear discriminants)"},
        {"loss", one_of(options.answer.kind, {"softmax", "sigmoid"}), "KIND",
         "softmax: one label at a time; sigmoid: any of them"},
    };
    std::ranges::move(layer_settings(options), std::back_inserter(settings));
    return settings;
}

Json describe_network(const NetworkOptions& asked) {
    check(asked);
    check_sizes(asked);
    NetworkOptions options = asked;
    fill_sizes(options);
    const bool discriminant = is_discriminant(options);
    if (!discriminant) options.shrinkage.reset();
    Json json{{"kind", kind_in_files(options.kind)}, {"inputs", options.inputs}};
    if (options.frames > 1) json["frames"] = options.frames;
    json["input"] = describe_input(options.input);
    if (options.layer_norm) json["layer_norm"] = true;
    json.update(settings_json(layer_settings(options)));
    if (!options.examples.empty()) json["examples"] = options.examples;
    json["classes"] = options.answer.classes;
    if (discriminant) json["head"] = "lda";
    const bool likeness = is_likeness(options);
    json["answer"] = likeness ? "likeness" : options.answer.kind;
    if ((likeness || options.answer.kind == "sigmoid") && options.answer.background >= 0) {
        json["background"] = options.answer.background;
    }
    return json;
}

NetworkOptions read_network(const Json& architecture) {
    NetworkOptions options;
    options.kind = text_setting(architecture, "kind");
    const Architecture& kind = find_architecture(options.kind);
    options.inputs = whole_setting(architecture, "inputs", 1, kMaxValues);
    if (architecture.contains("frames"))
        options.frames = whole_setting(architecture, "frames", 1, kMaxValues);
    if (options.frames * options.inputs > kMaxValues) {
        throw Error(fmt::format("architecture: windows of {} values, at most {} are allowed",
                                options.frames * options.inputs, kMaxValues));
    }
    options.input = read_input(architecture);
    if (options.input.pool > options.frames) {
        throw Error(fmt::format("architecture: \"pool\" is {}, but a window has {} frames",
                                options.input.pool, options.frames));
    }
    for (const char* key : kind.settings) part(architecture, key);
    read_settings(architecture, layer_settings(options), "architecture");
    options.layer_norm = flag_setting(architecture, "layer_norm");
    options.head = read_head(architecture);
    options.answer = read_answer(architecture);
    if (options.kind == "neighbours") options.examples = read_examples(architecture, options.answer.classes);
    return options;
}

std::int64_t outputs_of(const AnswerOptions& answer) {
    return answer.classes - (answer.kind == "sigmoid" && answer.background >= 0 ? 1 : 0);
}

}  // namespace earshot::network
