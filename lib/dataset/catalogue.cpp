#include "dataset/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <istream>
#include <limits>
#include <map>
#include <set>

#include "audio/source.h"
#include "dataset/content_hash.h"
#include "label/beside.h"
#include "label/label_file.h"
#include "support/error.h"
#include "support/input.h"

namespace earshot::dataset {
namespace {

namespace fs = std::filesystem;

/// A label file, read once for all the recordings in it.
struct LabelSource {
    std::string path;
    label::Labels labels{};
    std::string problem{};                        // why it could not be read
    std::map<std::string, std::string> groups{};  // by key
    std::set<const label::Timeline*> used{};
    std::size_t recordings = 0;  // that use it
    std::size_t unlisted = 0;    // of them, that it does not mention
};

/// DCASE lists of events leave out recordings without any. (Those of weak labels name every recording.)
bool lists_only_events(const LabelSource& source) {
    const auto& recordings = source.labels.recordings;
    return source.labels.format == label::LabelFormat::dcase && !source.used.empty() &&
           !recordings.contains("") &&
           std::ranges::none_of(recordings, [](const auto& each) { return each.second.is_weak(); });
}

class Builder {
 public:
    explicit Builder(const CatalogueOptions& options) : options_(options) {}

    void add(const std::string& input);
    Catalogue finish();

 private:
    struct Found {
        CatalogueEntry entry{};
        std::optional<std::string> root{};  // the directory that the user gave
        LabelSource* source = nullptr;
        bool alone = false;  // it and its labels have a directory to themselves, which is a sample
    };

    LabelSource& source(const std::string& path);
    void add_recording(const std::string& audio, std::optional<std::string> root, bool alone);
    void add_waveforms(const std::string& path);
    void add_problem(const audio::Input& input);
    void label_by_folder();
    void label_from_files();
    void choose_group(Found& found);
    void choose_names();
    void warn_of_unused();

    const CatalogueOptions& options_;
    std::vector<Found> found_;
    std::set<fs::path> known_;
    std::map<std::string, LabelSource> sources_;
    Catalogue catalogue_;
};

fs::path directory_of(const std::string& path) { return fs::path(path).lexically_normal().parent_path(); }

std::string plain_name(std::string name) {
    std::ranges::replace(name, '/', '-');
    if (name.empty() || name.front() == '.') name.insert(0, "_");  // not hidden
    return name;
}

std::string name_of(const std::string& audio, const std::optional<std::string>& root, bool alone) {
    if (audio == "-") return "stdin";
    const fs::path path = fs::path(audio).lexically_normal();
    if (audio::is_url(audio)) return plain_name(fs::path(audio).stem().string());
    if (!root) return plain_name(path.stem().string());
    const auto relative = path.lexically_relative(fs::path(*root).lexically_normal());
    const bool in_root = relative.parent_path().empty();
    if (!alone) return plain_name((relative.parent_path() / relative.stem()).string());
    return plain_name(in_root ? fs::weakly_canonical(path).parent_path().filename().string()
                              : relative.parent_path().string());
}

bool holds_waveforms(const std::string& path) {
    std::error_code unused;
    if (!path.ends_with(".json") || !fs::is_regular_file(path, unused)) return false;
    try {
        return label::guess_label_format(InputBuffer(path).peek(), path) == label::LabelFormat::waveform_json;
    } catch (const Error&) {
        return false;
    }
}

/// The waveforms of a file. One whose length differs from the first usable one is a bad one.
label::WaveformList usable_waveforms(const std::string& path, bool skip_bad,
                                     std::vector<std::string>& warnings) {
    InputBuffer input(path);
    std::istream stream(&input);
    auto list = label::read_waveforms(stream, path, {skip_bad, {}});
    const auto good =
        std::ranges::find_if(list.entries, [](const auto& entry) { return entry.problem.empty(); });
    std::size_t bad = 0;
    const std::string* first_problem = nullptr;
    for (std::size_t i = 0; i < list.entries.size(); ++i) {
        auto& entry = list.entries[i];
        if (entry.problem.empty() && entry.samples != good->samples) {
            entry.problem = fmt::format("waveform {}: {} samples, but waveform {} has {}", i + 1,
                                        entry.samples, good - list.entries.begin() + 1, good->samples);
        }
        if (entry.problem.empty()) continue;
        if (!skip_bad) throw label::WaveformError(entry.problem);
        ++bad;
        if (!first_problem) first_problem = &entry.problem;
    }
    if (good == list.entries.end()) {
        throw Error(first_problem ? fmt::format("no usable waveform ({})", *first_problem) : "no waveforms");
    }
    if (bad > 0) {
        warnings.push_back(fmt::format("{}: {} of {} waveforms left out ({}{})", path, bad,
                                       list.entries.size(), *first_problem, bad > 1 ? ", and more" : ""));
    }
    return list;
}

void Builder::add(const std::string& input) {
    std::error_code unused;
    const bool directory = fs::is_directory(input, unused);
    const auto files = audio::find_inputs({&input, 1});
    std::map<fs::path, int> in_directory;
    for (const auto& file : files) ++in_directory[fs::path(file.path).parent_path()];
    for (const auto& file : files) {
        if (!file.problem.empty()) {
            add_problem(file);
            continue;
        }
        if (options_.waveforms && !directory && holds_waveforms(file.path)) {
            add_waveforms(file.path);
            continue;
        }
        const bool alone = directory && in_directory[fs::path(file.path).parent_path()] == 1;
        add_recording(file.path, directory ? std::optional(input) : std::nullopt, alone);
    }
}

LabelSource& Builder::source(const std::string& path) {
    const auto [place, is_new] = sources_.try_emplace(path, LabelSource{path});
    auto& source = place->second;
    if (!is_new) return source;
    try {
        source.labels = label::read_labels(path);
    } catch (const Error& error) {
        if (options_.labels) throw;  // then no recording has labels
        source.problem = error.what();
        return source;
    }
    if (options_.group_column) source.groups = label::read_label_column(path, *options_.group_column);
    for (const auto& warning : source.labels.warnings) catalogue_.warnings.push_back(warning);
    return source;
}

void Builder::add_recording(const std::string& audio, std::optional<std::string> root, bool alone) {
    if (!known_.insert(fs::path(audio).lexically_normal()).second) return;  // given twice
    Found found;
    found.entry.audio = found.entry.group = audio;
    found.root = std::move(root);
    found.alone = alone;
    auto label_file = options_.labels;
    const bool has_place = audio != "-" && !audio::is_url(audio);
    if (!label_file && has_place) label_file = label::find_label_file(audio, found.root);
    if (label_file) {
        found.source = &source(*label_file);
        ++found.source->recordings;
    }
    found_.push_back(std::move(found));
}

void Builder::add_waveforms(const std::string& path) {
    if (!known_.insert(fs::path(path).lexically_normal()).second) return;  // named twice
    Found found;
    auto& entry = found.entry;
    entry.audio = entry.group = path;
    try {
        entry.waveforms = usable_waveforms(path, options_.skip_bad, catalogue_.warnings);
        entry.timeline = entry.waveforms->timeline();
    } catch (const label::WaveformError& error) {
        entry.problem = reason(error, path) + " (fix it, or skip such waveforms with --skip-bad)";
    } catch (const Error& error) {
        entry.problem = reason(error, path);
    }
    entry.labels_unusable = !entry.timeline;
    found_.push_back(std::move(found));
}

/// An input that does not exist is only a problem of its own entry.
void Builder::add_problem(const audio::Input& input) {
    Found found;
    found.entry.audio = found.entry.group = input.path;
    found.entry.problem = input.problem;
    found.entry.missing = found.entry.labels_unusable = true;
    found_.push_back(std::move(found));
}

void Builder::label_from_files() {
    for (auto& [entry, root, source, alone] : found_) {
        if (!source) continue;
        const bool of_one = source->labels.recordings.size() == 1 && source->labels.recordings.contains("");
        alone = alone && of_one && directory_of(source->path) == directory_of(entry.audio) &&
                fs::path(source->path).stem() != fs::path(entry.audio).stem();
        if (!source->problem.empty()) {
            entry.problem = source->problem;
            entry.labels_unusable = true;
        } else if (of_one && source->recordings > 1) {
            entry.labels_unusable = true;
            entry.problem = fmt::format(
                "{} describes one recording, but {} use it (name it after its recording, or give each "
                "recording its own directory)",
                source->path, source->recordings);
        } else if (const auto* timeline = source->labels.find(entry.audio)) {
            entry.timeline = *timeline;
            source->used.insert(timeline);
        } else {
            entry.problem = fmt::format("{} has no labels for it", source->path);
            ++source->unlisted;
        }
    }
    for (auto& found : found_) {
        if (!found.source || found.source->unlisted == 0 || found.entry.timeline) continue;
        if (found.source->problem.empty() && lists_only_events(*found.source)) found.entry.timeline.emplace();
    }
}

void Builder::label_by_folder() {
    std::map<std::string, std::vector<Found*>> by_root;
    for (auto& found : found_) {
        if (found.root) by_root[*found.root].push_back(&found);
    }
    for (auto& [root, recordings] : by_root) {
        // If some recordings have label files, one without is unlabelled; its folder's name is not a class.
        if (std::ranges::any_of(recordings, [](const Found* found) { return found->source != nullptr; }))
            continue;
        const auto folder = [&root = root](const Found* found) {
            const auto relative = fs::path(found->entry.audio)
                                      .lexically_normal()
                                      .lexically_relative(fs::path(root).lexically_normal());
            return relative.has_parent_path() ? relative.begin()->string() : std::string();
        };
        std::set<std::string> folders;
        for (const auto* found : recordings) folders.insert(folder(found));
        folders.erase("");
        if (folders.size() < 2) continue;
        for (auto* found : recordings) {
            if (folder(found).empty()) continue;
            found->alone = false;
            found->entry.timeline =
                label::Timeline{{{0, std::numeric_limits<double>::infinity(), folder(found), {}}}};
        }
    }
}

void Builder::choose_group(Found& found) {
    auto& entry = found.entry;
    if (found.alone) entry.group = directory_of(entry.audio).string();
    if (!options_.group_column || !entry.timeline) return;
    if (found.source) {
        for (const auto& key : label::recording_keys(entry.audio)) {
            const auto value = found.source->groups.find(key);
            if (value == found.source->groups.end() || value->second.empty()) continue;
            entry.group = value->second;
            entry.group_chosen = true;
            return;
        }
    }
    entry.timeline.reset();
    entry.labels_unusable = true;
    entry.problem =
        fmt::format("no column '{}' for its group (omit --group, or give --labels a CSV file that has one)",
                    *options_.group_column);
}

void Builder::choose_names() {
    std::map<std::string, int> count;
    for (auto& found : found_) {
        found.entry.name = name_of(found.entry.audio, found.root, found.alone);
        ++count[found.entry.name];
    }
    for (auto& [entry, root, source, alone] : found_) {
        // From the path, so that it does not depend on which other recordings exist.
        if (count[entry.name] > 1) entry.name += "-" + content_hash(entry.audio).substr(0, 8);
    }
}

void Builder::warn_of_unused() {
    for (const auto& [path, source] : sources_) {
        if (source.unlisted == 0 || !lists_only_events(source)) continue;
        catalogue_.warnings.push_back(
            fmt::format("{}: {} of {} recordings are not in it: taken as without events", path,
                        source.unlisted, source.recordings));
    }
    for (const auto& [path, source] : sources_) {
        std::vector<std::string_view> unused;
        for (const auto& [key, timeline] : source.labels.recordings) {
            if (!source.used.contains(&timeline)) unused.push_back(key);
        }
        // A file that labels none of its recordings has been reported already.
        if (unused.empty() || source.used.empty()) continue;
        catalogue_.warnings.push_back(
            fmt::format("{}: '{}'{} not a recording here", path, unused.front(),
                        unused.size() == 1 ? " is" : fmt::format(" and {} more are", unused.size() - 1)));
    }
}

Catalogue Builder::finish() {
    label_from_files();
    label_by_folder();
    for (auto& found : found_) {
        if (found.entry.missing) continue;
        choose_group(found);
        if (found.entry.timeline || !found.entry.problem.empty()) continue;
        found.entry.problem = "no labels found (put labels.json beside it, or give --labels FILE)";
    }
    choose_names();
    warn_of_unused();
    for (auto& found : found_) catalogue_.entries.push_back(std::move(found.entry));
    return std::move(catalogue_);
}

}  // namespace

std::vector<std::string> Catalogue::labels() const {
    std::set<std::string> labels;
    for (const auto& entry : entries) {
        if (!entry.timeline) continue;
        for (const auto& event : entry.timeline->events) labels.insert(event.label);
    }
    return {labels.begin(), labels.end()};
}

Catalogue find_recordings(std::span<const std::string> inputs, const CatalogueOptions& options) {
    Builder builder(options);
    for (const auto& input : inputs) builder.add(input);
    return builder.finish();
}

}  // namespace earshot::dataset
