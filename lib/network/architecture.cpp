#include "network/architecture.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/error.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

Json describe_input(const InputOptions& input) {
    Json json{{"compress", input.compression.kind}};
    if (input.compression.kind == "log") json["floor"] = input.compression.floor;
    if (input.range.db > 0) {
        json["range_db"] = input.range.db;
        json["logarithms_of"] = input.range.values == LogOf::power ? "power" : "magnitude";
    }
    if (input.deltas > 0) json["deltas"] = input.deltas;
    if (input.pool > 0) json["pool"] = input.pool;
    if (input.deviation) json["deviation"] = true;
    json["standardise"] = input.standardise;
    return json;
}

bool is_discriminant(const NetworkOptions& options) { return options.kind == "lda" || options.head == "lda"; }

void check(const NetworkOptions& options) {
    if (is_discriminant(options) && options.answer.kind != "softmax") {
        throw UsageError("--arch lda and --head lda tell labels from each other (leave --loss out)");
    }
    const bool over_time = options.input.deltas > 0 || options.input.pool > 0 ||
                           options.input.standardise == "window" || options.input.standardise == "mean" ||
                           options.kind == "cnn" || options.paces > 0;
    if (options.frames == 1 && over_time) {
        throw UsageError(
            "--deltas, --pool, --paces, --standardise window or mean and --arch cnn need windows of several "
            "frames (--window)");
    }
    if (options.input.deviation && options.input.pool == 0) {
        throw UsageError("--deviation needs --pool: of the frames of each step of time");
    }
    if (options.input.pool > options.frames) {
        throw UsageError(
            fmt::format("--pool {}: a window has {} frames only", options.input.pool, options.frames));
    }
}

}  // namespace

Json describe_network(const NetworkOptions& options) {
    check(options);
    Json json{{"kind", options.kind == "dnn" || options.kind == "lda" ? "mlp" : options.kind},
              {"inputs", options.inputs}};
    if (options.frames > 1) json["frames"] = options.frames;
    json["input"] = describe_input(options.input);
    if (options.kind == "cnn") {
        json["channels"] = {16, 32, 48};
        json["units"] = 64;
    } else if (options.kind == "attention") {
        json["channels"] = {64, 128, 256};
        json["strides"] = {1, 2, 2};
        json["heads"] = 8;
        json["hidden"] = {512, 256};
    } else if (options.kind == "lda") {
        json["hidden"] = Json::array();
    } else if (options.kind == "dnn") {
        json["layer_norm"] = true;
        json["hidden"] = {512, 256};
    } else {
        const std::int64_t steps = options.input.pool > 0 ? options.input.pool : options.frames;
        const std::int64_t planes = feature_planes(options.input.deltas, options.input.deviation);
        const std::int64_t values = planes * steps * options.inputs;
        json["hidden"] = {2 * values, std::max<std::int64_t>(1, 3 * values / 4)};
    }
    json["dropout"] = options.dropout;
    if (options.paces > 0) json["paces"] = options.paces;
    if (options.pitches > 0) json["pitches"] = options.pitches;
    json["classes"] = options.answer.classes;
    const bool discriminant = is_discriminant(options);
    if (discriminant) {
        json["head"] = "lda";
        if (options.shrinkage) json["shrinkage"] = *options.shrinkage;
    }
    json["answer"] = discriminant ? "likeness" : options.answer.kind;
    if ((discriminant || options.answer.kind == "sigmoid") && options.answer.background >= 0) {
        json["background"] = options.answer.background;
    }
    return json;
}

}  // namespace earshot::network
