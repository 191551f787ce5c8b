#include <filesystem>
#include <utility>

#include "dataset/content_hash.h"
#include "model/model.h"

namespace earshot::model {

// Here rather than in model.cpp, so that only a program that opens models links an engine for networks.
std::shared_ptr<const Model> Model::open(const std::string& directory) {
    auto file = read_model_file(directory);
    auto scorer = open_scorer(directory, file);
    const std::filesystem::path path(directory);
    ModelHashes hashes{dataset::file_hash((path / "model.json").string()),
                       dataset::file_hash((path / "weights.npz").string())};
    return std::make_shared<const Model>(directory, std::move(file), std::move(scorer), std::move(hashes));
}

}  // namespace earshot::model
