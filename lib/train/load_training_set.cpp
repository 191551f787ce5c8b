#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "dataset/content_hash.h"
#include "frontend/frontend.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "train/training_set.h"

namespace earshot::train {
namespace {

namespace fs = std::filesystem;

constexpr std::array kBackgroundNames{"background", "negative"};

struct Part {
    TrainingSet::Item item;
    dataset::ScannedRecording recording;
    bool background = false;  // whatever has no label is background
};

std::string_view role_name(Role role) {
    return role == Role::train ? "training" : role == Role::validation ? "validation" : "test";
}

/// What must be equal in all files so that their frames can be rows of one matrix.
void check_alike(const Part& first, const Part& other) {
    const std::string& a = first.item.path;
    const std::string& b = other.item.path;
    if (first.recording.frontend.is_null() != other.recording.frontend.is_null()) {
        const bool silent = first.recording.frontend.is_null();
        throw Error(
            fmt::format("{} does not say how its frames were made, {} does (remake it with earshot datagen)",
                        silent ? a : b, silent ? b : a));
    }
    if (!first.recording.frontend.is_null()) {
        const std::string difference =
            frontend::frontend_difference(other.recording.frontend, first.recording.frontend);
        if (!difference.empty()) {
            throw Error(
                fmt::format("{} and {} come from different front ends: {} (remake one with earshot datagen)",
                            b, a, difference));
        }
    }
    if (first.recording.dimension != other.recording.dimension) {
        throw Error(fmt::format("{} has {} values a frame, {} has {} (remake one with earshot datagen)", b,
                                other.recording.dimension, a, first.recording.dimension));
    }
}

/// Refuses a recording that is both in training data and in data for judging.
void check_apart(const std::vector<Part>& parts) {
    std::map<std::string, const Part*> seen;
    for (const Part& part : parts) {
        const auto same = [&](const std::string& key) {
            if (key.empty()) return;
            const auto [place, fresh] = seen.try_emplace(key, &part);
            const TrainingSet::Item& other = place->second->item;
            if (fresh || other.role == part.item.role) return;
            throw Error(fmt::format("{} is {} data, but the same recording is {} data: {}", part.item.path,
                                    role_name(part.item.role), role_name(other.role), other.path));
        };
        same(fs::weakly_canonical(part.item.path).string());
        same(part.item.content_hash);
    }
}

/// Merges the groups of copies of a recording, so that no split separates them. Recordings with equal frames
/// are copies, whatever their paths and labels. The merged group has the name of the first.
void join_groups_of_copies(std::vector<Part>& parts) {
    std::map<std::string, std::string> joined;  // from a group to the one that it was merged into
    const auto root = [&](std::string group) {
        for (auto next = joined.find(group); next != joined.end(); next = joined.find(group))
            group = next->second;
        return group;
    };
    std::map<std::string, std::string> group_of;  // by content
    for (const Part& part : parts) {
        const auto first =
            root(group_of.try_emplace(part.recording.frames_digest, part.item.group).first->second);
        const auto other = root(part.item.group);
        if (first != other) joined[other] = first;
    }
    for (Part& part : parts) part.item.group = root(part.item.group);
}

/// The role of a file, which its day can change; nothing if the file is not used.
std::optional<Role> role_on_its_day(const std::string& path, Role given, const TrainingPaths& paths) {
    if (paths.days.empty() && paths.test_days.empty()) return given;
    const std::vector<std::string> names{dataset::read_source_file(path), path};
    const bool tested = !paths.test_days.empty() && dataset::is_of_days(names, paths.test_days);
    if (given == Role::test) return paths.test_days.empty() || tested ? std::optional(given) : std::nullopt;
    if (tested) return given == Role::train ? std::optional(Role::test) : std::nullopt;
    return paths.days.empty() || dataset::is_of_days(names, paths.days) ? std::optional(given) : std::nullopt;
}

std::vector<Part> read_parts(const TrainingPaths& paths, dataset::Grain grain, dataset::FrameStore& store) {
    std::vector<Part> parts;
    std::set<std::pair<std::string, Role>> seen;
    const auto read = [&](const std::vector<std::string>& inputs, const Role given, bool background = false) {
        for (const std::string& input : inputs) {
            const auto files = fs::is_directory(input) ? dataset::dataset_files(input) : std::vector{input};
            for (const std::string& path : files) {
                check_interrupt();
                if (!seen.emplace(fs::weakly_canonical(path).string(), given).second) {
                    throw Error(fmt::format("{}: given twice as {} data", path, role_name(given)));
                }
                const auto role = role_on_its_day(path, given, paths);
                if (!role) continue;
                Part part;
                part.recording = dataset::scan_recording(path, store, grain);
                part.background = background;
                part.item.path = path;
                part.item.role = *role;
                part.item.group = part.recording.group;
                part.item.content_hash = part.recording.content_hash;
                part.item.matrix = part.recording.matrix;
                part.item.frames = part.recording.rows;
                part.item.digest = part.recording.digest;
                if (!parts.empty()) check_alike(parts.front(), part);
                parts.push_back(std::move(part));
            }
        }
    };
    read(paths.train, Role::train);
    read(paths.background, Role::train, true);
    read(paths.validation, Role::validation);
    read(paths.test, Role::test);
    check_apart(parts);
    join_groups_of_copies(parts);
    return parts;
}

std::vector<std::string> union_of_labels(const std::vector<Part>& parts,
                                         const std::vector<std::string>& leave_out) {
    std::set<std::string> labels;
    for (const Part& part : parts) labels.insert(part.recording.labels.begin(), part.recording.labels.end());
    for (const std::string& label : leave_out) {
        if (labels.erase(label) == 0) {
            throw Error(
                fmt::format("no label '{}' to leave out (labels: {})", label, fmt::join(labels, ", ")));
        }
    }
    // datagen always names the background, but there is none if labels cover every recording.
    for (const char* name : kBackgroundNames) {
        const auto used = [&](const Part& part) {
            const auto c = std::ranges::find(part.recording.labels, name) - part.recording.labels.begin();
            return part.recording.activity.frames_of(static_cast<std::size_t>(c)) > 0;
        };
        if (std::ranges::none_of(parts, used)) labels.erase(name);
    }
    return {labels.begin(), labels.end()};
}

/// The labels to learn: the tags, and the one that makes no events.
std::vector<std::string> choose_labels(std::vector<std::string> labels, const std::vector<std::string>& tags,
                                       const std::string& background, const std::string& unknown) {
    if (!unknown.empty()) std::erase(labels, unknown);
    if (tags.empty()) return labels;
    for (const std::string& tag : tags) {
        if (std::ranges::find(labels, tag) == labels.end())
            throw Error(fmt::format("--tags {}: no such label (labels: {})", tag, fmt::join(labels, ", ")));
    }
    std::erase_if(labels, [&](const std::string& label) {
        return label != background && std::ranges::find(tags, label) == tags.end();
    });
    return labels;
}

void check_classes(const TrainingSet& set) {
    const std::string_view unit = set.target == model::Target::recording ? "recording" : "frame";
    const auto rows = set.labelled_rows(Role::train);
    if (rows.empty()) throw Error(fmt::format("no {} of the training data has a label", unit));
    const auto counts = set.class_counts(rows);
    const auto used = set.labels.size() - static_cast<std::size_t>(std::ranges::count(counts, 0));
    if (used < 2) {
        const auto only = static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin());
        throw Error(
            fmt::format("all {}s are labelled '{}' (add recordings with another label, such as background)",
                        unit, set.labels[only]));
    }
    for (std::size_t c = 0; c < counts.size(); ++c) {
        if (counts[c] > 0 || set.target == model::Target::events) continue;
        throw Error(
            fmt::format("no training {} is labelled '{}' (add a recording with it, or --leave-out {})", unit,
                        set.labels[c], set.labels[c]));
    }
}

/// The class that makes no events: what the user asked for, or a known name. It is 0 if recordings are
/// labelled 1 or 0.
std::string choose_background(const std::optional<std::string>& wanted,
                              const std::vector<std::string>& labels, model::Target target) {
    const auto known = [&](const std::string& label) {
        return std::ranges::find(labels, label) != labels.end();
    };
    if (wanted) {
        if (wanted->empty() || known(*wanted)) return *wanted;
        throw Error(
            fmt::format("--background {}: no such label (labels: {})", *wanted, fmt::join(labels, ", ")));
    }
    for (const char* name : kBackgroundNames) {
        if (known(name)) return name;
    }
    if (known("OK")) return "OK";
    return target == model::Target::recording && labels == std::vector<std::string>{"0", "1"} ? "0" : "";
}

/// Datasets given as background have one, whether or not they have a label for it; and events have what is
/// between them.
void add_background(std::vector<std::string>& labels, const std::optional<std::string>& wanted) {
    const auto known = [&](const std::string& label) {
        return std::ranges::find(labels, label) != labels.end();
    };
    if (!wanted && std::ranges::any_of(kBackgroundNames, known)) return;
    const std::string name = wanted.value_or(kBackgroundNames.front());
    if (name.empty()) throw Error("background needs a label (give --background LABEL)");
    if (known(name)) return;
    labels.push_back(name);
    std::ranges::sort(labels);
}

windows::Windowing choose_windowing(const nlohmann::ordered_json& frontend, const ExampleOptions& options) {
    windows::Windowing windowing;
    windowing.padding = options.padding;
    if ((options.target == model::Target::events) != windowing.has_context())
        throw UsageError("--target events and --padding edge go together");
    if (options.window_s <= 0 && options.window_hop_s <= 0) return windowing;
    if (frontend.is_null()) {
        throw Error(
            "--window: the datasets do not say how long their frames are (remake them with earshot datagen)");
    }
    const double hop_s = frontend::make_frontend(frontend)->hop_s();
    const auto frames_of = [&](double time_s) {
        return std::max<std::int64_t>(1, std::llround(time_s / hop_s));
    };
    if (options.window_s > 0) windowing.frames = frames_of(options.window_s);
    windowing.hop = options.window_hop_s > 0 ? frames_of(options.window_hop_s) : windowing.frames;
    if (!windowing.has_context()) return windowing;
    windowing.steps = std::max<std::int64_t>(1, windowing.frames / options.step_frames);
    windowing.hop = windowing.steps * options.step_frames;
    windowing.frames = windowing.hop + 2 * options.context_frames;
    return windowing;
}

/// Whether events say when, rather than only what a recording as a whole is.
bool is_timed(const dataset::ScannedRecording& recording) {
    if (!recording.weak.empty() || !recording.activity.has_labelled() || recording.runs.empty()) return false;
    const auto covers_all = [&](const windows::RowSpan& rows) { return rows.count >= recording.rows; };
    return recording.events.empty() || !std::ranges::all_of(recording.event_rows, covers_all);
}

/// Events of the labels that are learnt, at their likeliest times.
std::vector<label::Event> events_of(const TrainingSet& set, const dataset::ScannedRecording& recording) {
    std::vector<label::Event> events;
    const double rounded_s = set.target == model::Target::events ? recording.resolution_s : 0;
    for (const label::Event& event : recording.events) {
        const bool known = std::ranges::binary_search(set.labels, event.label);
        if (!known || event.label == set.background) continue;
        // The likeliest times, if they were rounded. Networks of windows learn rounded times, and answer
        // them.
        const double margin_s = std::min(rounded_s / 2, (event.offset_s - event.onset_s) / 4);
        events.push_back(event);
        if (event.onset_s > 0) events.back().onset_s += margin_s;
        events.back().offset_s -= margin_s;
    }
    return events;
}

/// A label that is not learnt is a sound that is none of them, if `unknown` is an answer. Otherwise windows
/// say nothing where it sounds; and events are labelled around it.
dataset::Activity activity_of(const TrainingSet& set, dataset::ScannedRecording& recording,
                              const std::vector<std::string>& leave_out) {
    const bool events = set.target == model::Target::events;
    const auto background = set.background_index();
    std::vector<std::optional<std::size_t>> numbers(recording.labels.size());
    for (std::size_t c = 0; c < numbers.size(); ++c) {
        const auto& label = recording.labels[c];
        const auto found = std::ranges::lower_bound(set.labels, label);
        const auto number = found - set.labels.begin();
        const bool known = found != set.labels.end() && *found == label;
        const bool left_out = std::ranges::find(leave_out, label) != leave_out.end();
        if (known && number == background) {  // where nothing sounds
            recording.activity.yield(c);
            continue;
        }
        if (known) {
            const bool behind = events && background >= 0 && number > background;
            numbers[c] = static_cast<std::size_t>(number) - (behind ? 1 : 0);
        } else if (!events && !set.unknown.empty() && !left_out) {
            numbers[c] = set.none_of_them();
        } else if (!events) {
            recording.activity.remove_labelled(c);
        }
    }
    return recording.activity.renumbered(numbers, events ? set.learnt() : set.none_of_them() + 1);
}

/// What labels say of a recording, in terms of the labels that are learnt.
TrainingSet::Said said_of(const TrainingSet& set, dataset::ScannedRecording& recording,
                          const std::vector<std::string>& leave_out) {
    TrainingSet::Said said;
    said.events = events_of(set, recording);
    said.timed = is_timed(recording);
    said.activity = activity_of(set, recording, leave_out);
    for (std::size_t i = 0; said.events.empty() && i < set.labels.size(); ++i)
        said.timed = said.timed && said.activity.frames_of(i) == 0;  // it sounds, but no event says when
    return said;
}

/// Where a recording has what it is an example of: all of its labels, or the background that it is.
std::vector<windows::RowSpan> marks_of(const TrainingSet& set, std::int64_t example,
                                       const dataset::ScannedRecording& recording) {
    std::vector<windows::RowSpan> marks;
    const auto labels = set.labels_of(example);
    for (std::size_t i = 0; i < recording.event_rows.size(); ++i) {
        const windows::RowSpan& rows = recording.event_rows[i];
        const auto said = std::ranges::lower_bound(set.labels, recording.events[i].label);
        const bool known = said != set.labels.end() && *said == recording.events[i].label;
        const auto label = static_cast<std::size_t>(said - set.labels.begin());
        const bool somewhere = rows.count > 0 && rows.count < recording.rows;
        if (known && somewhere && std::ranges::find(labels, label) != labels.end()) marks.push_back(rows);
    }
    return marks;
}

/// The examples of a recording, at the end of the set.
void add_examples(TrainingSet& set, Part part, const std::vector<std::string>& leave_out) {
    dataset::ScannedRecording& recording = part.recording;
    TrainingSet::Item& item = part.item;
    if (part.background) recording.activity.add_labelled({0, recording.rows});
    item.recording = set.recordings_said.size();
    set.recordings_said.push_back(said_of(set, recording, leave_out));
    item.onset_s = recording.run_onsets_s.empty() ? 0 : recording.run_onsets_s.front();
    item.first = set.examples();
    if (set.target == model::Target::recording) {
        item.count = 1;
        set.items.push_back(item);
        set.items.back().marks = marks_of(set, item.first, recording);
        return;
    }
    const windows::RowSpan all{0, recording.rows};
    const bool whole = set.windowing.frames == 1;
    for (std::size_t i = 0; i < (whole ? 1 : recording.runs.size()); ++i) {
        const windows::RowSpan& run = whole ? all : recording.runs[i];
        item.first = set.examples();
        item.count = set.windowing.count(run.count);
        item.row = run.first;
        item.frames = run.count;
        item.onset_s = recording.run_onsets_s[i];
        set.items.push_back(item);
    }
}

}  // namespace

TrainingSet load_training_set(const TrainingPaths& paths, const ExampleOptions& options) {
    TrainingSet set;
    const bool moments = options.target == model::Target::events;
    std::vector<Part> parts =
        read_parts(paths, moments ? dataset::Grain::moment : dataset::Grain::frame, *set.frames);
    if (parts.empty()) throw Error(paths.days.empty() ? "no datasets given" : "no datasets of these days");
    set.dimension = static_cast<std::int64_t>(parts.front().recording.dimension);
    set.frontend = parts.front().recording.frontend;
    set.target = options.target;
    set.windowing = choose_windowing(set.frontend, options);
    set.unknown = options.unknown;
    set.labels = union_of_labels(parts, paths.leave_out);
    if (!paths.background.empty() || set.target == model::Target::events)
        add_background(set.labels, options.background);
    set.background = choose_background(options.background, set.labels, set.target);
    set.labels = choose_labels(std::move(set.labels), paths.tags, set.background, set.unknown);
    for (Part& part : parts) add_examples(set, std::move(part), paths.leave_out);
    check_classes(set);
    return set;
}

}  // namespace earshot::train
