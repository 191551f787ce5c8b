#include "tools/known_networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "support/error.h"
#include "support/json.h"
#include "support/output.h"
#include "tools/config_file.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

class NetworkFile {
 public:
    explicit NetworkFile(const fs::path& path) : path_(path.string()) {
        network_.name = path.stem().string();
        network_.input = Json::object();
        for (const ConfigEntry& entry : parse_config(read_text(path_), path_)) {
            entry_ = &entry;
            take();
        }
        if (network_.frames < 1 || network_.bands < 1 || network_.vectors.empty())
            throw UsageError(fmt::format("{}: frames, bands and a vector are needed", path_));
    }
    const KnownNetwork& network() const { return network_; }

 private:
    [[noreturn]] void fail() const {
        throw UsageError(fmt::format("{}: line {}: {} is not understood", path_, entry_->line, entry_->key));
    }

    double number() const {
        const auto json = entry_->values.size() == 1 ? try_parse_json(entry_->values[0]) : std::nullopt;
        if (!json || !json->is_number()) fail();
        return json->get<double>();
    }

    std::string text() const {
        if (entry_->values.size() != 1) fail();
        return entry_->values[0];
    }

    void take() {
        constexpr std::string_view kVector = "vector.";
        const std::string &section = entry_->section, &key = entry_->key;
        if (section == "input") {
            network_.input[key] = try_parse_json(text()).value_or(Json(text()));
        } else if (section.starts_with(kVector)) {
            take_vector(section.substr(kVector.size()));
        } else if (key == "scale") {
            network_.scale = number();
        } else if (key == "offset") {
            network_.offset = number();
        } else if (key == "frames") {
            network_.frames = static_cast<std::int64_t>(number());
        } else if (key == "bands") {
            network_.bands = static_cast<std::int64_t>(number());
        } else if (key == "classes") {
            network_.classes = static_cast<std::int64_t>(number());
        } else {
            fail();
        }
    }

    void take_vector(const std::string& name) {
        auto found = std::ranges::find(network_.vectors, name, &KnownNetwork::Vector::name);
        if (found == network_.vectors.end()) {
            network_.vectors.push_back({.name = name, .result = {}});
            found = network_.vectors.end() - 1;
        }
        if (entry_->key == "result")
            found->result = text();
        else if (entry_->key == "hop")
            found->hop = static_cast<std::int64_t>(number());
        else if (entry_->key == "pad_s")
            found->pad_s = number();
        else
            fail();
    }

    std::string path_;
    KnownNetwork network_;
    const ConfigEntry* entry_ = nullptr;
};

}  // namespace

std::optional<KnownNetwork> find_known_network(std::int64_t frames, std::int64_t bands,
                                               std::int64_t classes) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(fs::path(share_directory()) / "pretrained", none)) {
        if (entry.path().extension() == ".toml") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const fs::path& file : files) {
        const NetworkFile known(file);
        const KnownNetwork& network = known.network();
        if (network.frames == frames && network.bands == bands && network.classes == classes) return network;
    }
    return std::nullopt;
}

}  // namespace earshot::tools
