#include <numeric>

#include "tools/driver/version.h"
#include "tools/train/training_run.h"

namespace earshot::tools {

nlohmann::ordered_json provenance(const TrainingRun& run) {
    using Json = nlohmann::ordered_json;
    Json data = Json::array();
    for (const auto items : run.set.recordings()) {
        const auto& item = items.front();
        train::Rows rows(static_cast<std::size_t>(items.back().first + items.back().count - item.first));
        std::iota(rows.begin(), rows.end(), item.first);
        const char* role = item.role == train::Role::train        ? "train"
                           : item.role == train::Role::validation ? "validation"
                                                                  : "test";
        data.push_back({{"file", item.path}, {"role", role}, {"hash", run.set.data_hash(rows)}});
    }
    Json libraries;
    for (const auto& [name, version] : library_versions()) libraries[name] = version;
    Json json{{"command", run.context.command_line},
              {"config", run.context.config_text},
              {"seed", run.fit.seed},
              {"earshot", EARSHOT_VERSION},
              {"libraries", libraries},
              {"data", data}};
    if (run.fit.start) json["ears"] = run.fit.start_hash;
    return json;
}

}  // namespace earshot::tools
