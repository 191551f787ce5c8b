#include "frontend/pretrained.h"

#include <fmt/format.h>

#include <filesystem>

#include "frontend/embedding.h"
#include "support/error.h"
#include "support/output.h"
#include "tools/train/training_run.h"

namespace earshot::tools {

using frontend::Pretrained;

std::string find_pretrained(const train::TrainingSet& set) {
    if (!frontend::is_embedding(set.frontend)) return {};
    frontend::make_frontend(set.frontend);  // checks the name, which becomes a part of a path
    namespace fs = std::filesystem;
    const std::string name = set.frontend.at("network").get<std::string>() + Pretrained::kExtension;
    std::string other;
    for (const auto& item : set.items) {
        const fs::path path = fs::path(item.path).parent_path() / name;
        std::error_code none;
        if (path.string() == other || !fs::exists(path, none)) continue;
        if (Pretrained::open(path.string())->settings() == set.frontend) return path.string();
        other = path.string();
    }
    if (!other.empty())
        throw Error(fmt::format("{}: not the network that the datasets were made with", other));
    throw Error(
        fmt::format("{}: the network that made its frames, {}, is not beside it (datagen puts it there)",
                    set.items.front().path, name));
}

void keep_pretrained(const TrainingRun& run, const std::string& directory) {
    namespace fs = std::filesystem;
    if (run.pretrained.empty()) return;
    const fs::path path = fs::path(directory) / Pretrained::kFileInModel;
    if (run.options.link)
        fs::create_symlink(fs::canonical(run.pretrained), path);
    else
        write_text(path.string(), read_text(run.pretrained));
}

}  // namespace earshot::tools
