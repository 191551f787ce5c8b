#include "evaluate/true_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iterator>

#include "audio/source.h"
#include "dataset/catalogue.h"
#include "label/delimited.h"
#include "label/label_file.h"
#include "support/error.h"
#include "support/input.h"
#include "support/time_text.h"

namespace earshot::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::array kLabelExtensions{".csv", ".json", ".jsonl", ".tsv", ".txt"};
constexpr std::size_t kMaxDurationBytes = std::size_t{256} << 20;

bool is_directory(const std::string& path) {
    std::error_code unused;
    return fs::is_directory(path, unused);
}

bool holds_sound(const std::string& directory) {
    const auto found = audio::find_inputs({&directory, 1});
    return std::ranges::any_of(found, [](const audio::Input& input) { return input.problem.empty(); });
}

/// The sound beside a label file, if it is there.
std::string sound_beside(const std::string& label_file, const std::string& name) {
    std::error_code unused;
    const auto path = fs::path(label_file).parent_path() / name;
    return label_file != "-" && fs::is_regular_file(path, unused) && audio::is_audio_file(path.string())
               ? path.string()
               : std::string();
}

class TruthReader {
 public:
    void read(const std::string& path, const std::string& labels) {
        if (is_directory(path) && (!labels.empty() || holds_sound(path)))
            return read_recordings(path, labels);
        for (const auto& file : label_files(path)) read_labels(file);
    }

    void read_durations(const std::string& path) {
        InputBuffer input(path);
        const std::string text = input.read_all(kMaxDurationBytes);
        label::DelimitedReader rows(text, input.name(), label::sniff_delimiter(text));
        std::optional<std::size_t> name, duration;
        Durations durations;
        rows.each_row([&] {
            if (!name) {
                name = label::find_column(rows.fields(), {"filename", "file", "name"});
                duration = label::find_column(rows.fields(), {"duration", "length"});
                if (!name || !duration) throw Error("expected a header with filename and duration");
                return;
            }
            if (rows.fields().size() <= std::max(*name, *duration)) throw Error("a field is missing");
            const double seconds = parse_number(label::trimmed(rows.fields()[*duration]));
            if (!(seconds > 0)) throw Error(fmt::format("a duration of {} s is not above 0", seconds));
            durations.emplace_back(label::trimmed(rows.fields()[*name]), seconds);
        });
        take_durations(durations);
    }

    TrueEvents finish() { return std::move(truth_); }

 private:
    using Durations = std::vector<std::pair<std::string, double>>;

    TrueEvents::Recording& add(const std::string& name) {
        truth_.names.add(name);
        return truth_.recordings.emplace_back();
    }

    /// Those of the same name first, so that another recording whose name ends alike does not take theirs.
    void take_durations(const Durations& durations) {
        const auto without = [&](std::optional<std::size_t> i) {
            return i && !truth_.recordings[*i].duration_s ? &truth_.recordings[*i] : nullptr;
        };
        Durations others;
        for (const auto& one : durations) {
            if (auto* same = without(truth_.names.find_same(one.first))) {
                same->duration_s = one.second;
            } else {
                others.push_back(one);
            }
        }
        for (const auto& [name, seconds] : others) {
            auto* like = without(truth_.names.find(name));
            (like ? *like : add(name)).duration_s = seconds;
        }
    }

    void read_labels(const std::string& path) {
        auto labels = label::read_labels(path);
        std::ranges::move(labels.warnings, std::back_inserter(truth_.warnings));
        for (auto& [key, timeline] : labels.recordings) {
            const auto name = key.empty() ? recording_of_file(path) : key;
            if (truth_.names.find_same(name))
                throw Error(fmt::format("{}: '{}' is labelled by another file too", path, name));
            auto& found = add(name);
            found.timeline = std::move(timeline);
            found.sound = sound_beside(path, name);
        }
    }

    void read_recordings(const std::string& directory, const std::string& labels) {
        dataset::CatalogueOptions options;
        if (!labels.empty()) options.labels = labels;
        auto catalogue = dataset::find_recordings({&directory, 1}, options);
        std::ranges::move(catalogue.warnings, std::back_inserter(truth_.warnings));
        for (auto& entry : catalogue.entries) {
            if (!entry.timeline) {
                truth_.warnings.push_back(fmt::format("{}: {}; it is left out", entry.audio, entry.problem));
                continue;
            }
            truth_.names.add(entry.audio);
            truth_.recordings.push_back({std::move(*entry.timeline), entry.audio, {}});
        }
    }

    TrueEvents truth_;
};

}  // namespace

std::string recording_of_file(const std::string& path) {
    return path == "-" ? "stdin" : fs::path(path).stem().string();
}

std::vector<std::string> label_files(const std::string& path) {
    if (!is_directory(path)) return {path};
    std::vector<std::string> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(path, none)) {
        const auto extension = entry.path().extension().string();
        if (entry.is_regular_file(none) &&
            std::ranges::find(kLabelExtensions, extension) != kLabelExtensions.end())
            files.push_back(entry.path().string());
    }
    if (files.empty())
        throw Error(fmt::format("{}: holds neither labelled recordings nor label files", path));
    std::ranges::sort(files);
    return files;
}

bool has_no_times(const label::Timeline& timeline, const std::string& background) {
    std::size_t whole = 0, timed = 0;
    for (const auto& event : timeline.events) {
        if (event.label == background) continue;
        ++(event.onset_s == 0 && std::isinf(event.offset_s) ? whole : timed);
    }
    return whole > 0 && timed == 0;
}

TrueEvents read_true_events(const std::vector<std::string>& paths, const std::string& labels,
                            const std::string& durations) {
    TruthReader reader;
    for (const auto& path : paths) reader.read(path, labels);
    if (!durations.empty()) reader.read_durations(durations);
    auto truth = reader.finish();
    if (truth.recordings.empty()) throw Error(fmt::format("{}: names no recording", fmt::join(paths, ", ")));
    return truth;
}

}  // namespace earshot::evaluate
