#include <fmt/format.h>

#include <array>
#include <string_view>

#include "network/settings.h"
#include "network/torch/attention.h"
#include "network/torch/cnn.h"
#include "network/torch/mlp.h"
#include "network/torch/network.h"
#include "support/error.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

/// A kind of network. A new kind needs a line here and a file next to mlp.cpp.
struct Kind {
    std::string_view name;
    std::int64_t (*weight_count)(const Json& architecture);
    std::shared_ptr<Network> (*make)(const Json& architecture);
};

constexpr std::array kKinds{
    Kind{"mlp", mlp_weight_count, make_mlp},
    Kind{"cnn", cnn_weight_count, make_cnn},
    Kind{"attention", attention_weight_count, make_attention},
};

const Kind& find_kind(const Json& architecture) {
    const std::string name = text_setting(architecture, "kind");
    const auto found = std::ranges::find(kKinds, name, &Kind::name);
    if (found != kKinds.end()) return *found;
    std::string known;
    for (const Kind& kind : kKinds) known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.name);
    throw Error(fmt::format(
        "architecture: no network of kind '{}' (known: {}; perhaps a newer earshot wrote it)", name, known));
}

}  // namespace

std::int64_t weight_count(const Json& architecture) {
    const std::int64_t count = find_kind(architecture).weight_count(architecture);
    if (count > kMaxWeights) {
        throw Error(
            fmt::format("architecture: {} weights, at most {} are allowed (fewer values a frame, or "
                        "smaller layers)",
                        count, kMaxWeights));
    }
    return count;
}

std::shared_ptr<Network> make_network(const Json& architecture) {
    weight_count(architecture);
    return find_kind(architecture).make(architecture);
}

}  // namespace earshot::network
