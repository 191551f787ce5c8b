#include "dataset/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "dataset/recording_info.h"
#include "frontend/embedding.h"
#include "npz/npz.h"
#include "support/error.h"

namespace earshot::dataset {
namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> read_classes(const npz::NpzReader& npz) {
    std::vector<std::int64_t> classes;
    stream_classes(npz, [&](auto block) { classes.insert(classes.end(), block.begin(), block.end()); });
    return classes;
}

std::int64_t highest_of(const std::vector<std::int64_t>& classes) {
    return classes.empty() ? -1 : *std::ranges::max_element(classes);
}

}  // namespace

Recording read_recording(const std::string& path) {
    const npz::NpzReader npz(path);
    Recording recording;
    recording.dimension = read_dimension(npz);
    recording.classes = read_classes(npz);
    read_info(npz, highest_of(recording.classes), recording);
    if (npz.contains("times")) recording.times = npz.values<double>("times");
    recording.frames = npz.values<float>("samples");
    return recording;
}

RecordingSummary read_recording_summary(const std::string& path) {
    const npz::NpzReader npz(path);
    RecordingSummary summary;
    summary.classes = read_classes(npz);
    read_info(npz, highest_of(summary.classes), summary);
    return summary;
}

std::optional<std::string> read_content_hash(const std::string& path) {
    try {
        if (!fs::is_regular_file(path)) return {};
        return content_hash_of(npz::NpzReader(path));
    } catch (const Error&) {
        return {};
    }
}

std::string read_source_file(const std::string& path) {
    try {
        return source_file_of(npz::NpzReader(path));
    } catch (const Error&) {
        return {};
    }
}

std::string read_recipe(const std::string& path) {
    try {
        return recipe_of(npz::NpzReader(path));
    } catch (const Error&) {
        return {};
    }
}

bool has_vectors(const std::string& path) {
    try {
        return frontend::is_embedding(frontend_of(npz::NpzReader(path)));
    } catch (const Error&) {
        return false;
    }
}

std::vector<std::string> dataset_files(const std::string& directory) {
    std::error_code error;
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(".npz") && !name.starts_with('.')) files.push_back(entry.path().string());
    }
    if (error) throw Error(fmt::format("{}: {}", directory, error.message()));
    if (files.empty())
        throw Error(fmt::format("{}: no .npz files in it (earshot datagen makes them)", directory));
    std::ranges::sort(files);
    return files;
}

}  // namespace earshot::dataset
