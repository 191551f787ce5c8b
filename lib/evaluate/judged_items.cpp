#include "evaluate/judged_items.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "dataset/catalogue.h"
#include "dataset/recording.h"

namespace earshot::evaluate {
namespace {

namespace fs = std::filesystem;

bool is_dataset(const std::string& path) {
    if (path.ends_with(".npz")) return true;
    std::error_code none;
    return std::ranges::any_of(fs::directory_iterator(path, none),
                               [](const auto& entry) { return entry.path().extension() == ".npz"; });
}

}  // namespace

void add_items(JudgedItems& found, const std::vector<std::string>& paths, const ItemChoice& choice,
               const std::optional<std::string>& whole_background) {
    const auto add = [&](JudgedItem item, const std::vector<std::string>& names) {
        if (choice.days.empty() || dataset::is_of_days(names, choice.days))
            found.items.push_back(std::move(item));
    };
    std::vector<std::string> archives;
    for (const auto& path : paths) {
        if (!is_dataset(path)) {
            archives.push_back(path);
            continue;
        }
        for (const auto& file : fs::is_directory(path) ? dataset::dataset_files(path) : std::vector{path})
            add({file, {}, whole_background}, {dataset::read_source_file(file), file});
    }
    if (archives.empty()) return;
    dataset::CatalogueOptions wanted;
    if (!choice.labels.empty()) wanted.labels = choice.labels;
    auto catalogue = dataset::find_recordings(archives, wanted);
    std::ranges::move(catalogue.warnings, std::back_inserter(found.warnings));
    const auto uncovered = choice.background.empty() ? whole_background : choice.background;
    for (const auto& entry : catalogue.entries) add({entry.audio, entry, uncovered}, {entry.audio});
}

}  // namespace earshot::evaluate
