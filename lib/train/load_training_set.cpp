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

std::vector<Part> read_parts(const TrainingPaths& paths, dataset::FrameStore& store) {
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
                part.recording = dataset::scan_recording(path, store);
                part.background = background;
                part.item.path = path;
                part.item.role = *role;
                part.item.group = part.recording.group;
                part.item.content_hash = part.recording.content_hash;
                part.item.matrix = part.recording.matrix;
                part.item.frames = part.recording.rows();
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
            return std::ranges::find(part.recording.classes.runs(), c, &dataset::ClassRuns::Run::c) !=
                   part.recording.classes.runs().end();
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
    const auto covers_all = [&](const windows::RowSpan& rows) { return rows.count >= recording.rows(); };
    return recording.events.empty() || !std::ranges::all_of(recording.event_rows, covers_all);
}

/// What labels say of a recording, in terms of the labels that are learnt.
TrainingSet::Said said_of(const TrainingSet& set, const dataset::ScannedRecording& recording) {
    TrainingSet::Said said;
    const double rounded_s = set.target == model::Target::events ? recording.resolution_s : 0;
    for (const label::Event& event : recording.events) {
        const bool known = std::ranges::binary_search(set.labels, event.label);
        if (!known || event.label == set.background) continue;
        // The likeliest times, if they were rounded. Networks of windows learn rounded times, and answer
        // them.
        const double margin_s = std::min(rounded_s / 2, (event.offset_s - event.onset_s) / 4);
        said.events.push_back(event);
        if (event.onset_s > 0) said.events.back().onset_s += margin_s;
        said.events.back().offset_s -= margin_s;
    }
    said.timed = is_timed(recording);
    std::vector<std::optional<std::size_t>> numbers(recording.labels.size());
    for (std::size_t i = 0; i < set.learnt(); ++i) {
        const auto found = std::ranges::find(recording.labels, set.labels[set.learnt_label(i)]);
        if (found != recording.labels.end())
            numbers[static_cast<std::size_t>(found - recording.labels.begin())] = i;
    }
    said.activity = recording.activity.renumbered(numbers, set.learnt());
    for (std::size_t i = 0; said.events.empty() && i < set.learnt(); ++i)
        said.timed = said.timed && said.activity.frames_of(i) == 0;  // it sounds, but no event says when
    return said;
}

/// The class of a window of which there are many steps: of the first that sounds, else the background. Where
/// nobody said anything, none.
std::int64_t class_of_window(const TrainingSet& set, const TrainingSet::Item& item, std::int64_t start,
                             std::vector<dataset::Activity::State>& states) {
    const auto& said = set.recordings_said[item.recording];
    states.resize(static_cast<std::size_t>(set.windowing.steps) * set.learnt());
    const std::int64_t first = start + set.windowing.context();
    set.read_activity(item, static_cast<double>(first), static_cast<double>(set.windowing.step_frames()),
                      states);
    const auto sounding = std::ranges::find(states, dataset::Activity::sounds);
    if (sounding != states.end()) {
        const auto i = static_cast<std::size_t>(sounding - states.begin()) % set.learnt();
        return static_cast<std::int64_t>(set.learnt_label(i));
    }
    if (std::ranges::find(states, dataset::Activity::silent) != states.end()) return set.background_index();
    const auto weak = said.activity.weak();
    const auto heard = std::ranges::find(weak, dataset::Activity::sounds);
    if (heard == weak.end()) return -1;
    return static_cast<std::int64_t>(set.learnt_label(static_cast<std::size_t>(heard - weak.begin())));
}

/// The windows of a stretch of a recording.
void add_windows(TrainingSet& set, const dataset::ClassRuns& classes, TrainingSet::Item item,
                 windows::RowSpan run) {
    item.first = static_cast<std::int64_t>(set.classes.size());
    item.row = run.first;
    item.frames = run.count;
    std::vector<dataset::Activity::State> states;
    for (std::int64_t i = 0; i < set.windowing.count(run.count); ++i) {
        const std::int64_t start = set.windowing.start(i, run.count);
        const windows::RowSpan slot = set.windowing.slot(start, run);
        set.classes.push_back(set.target == model::Target::events ? class_of_window(set, item, start, states)
                                                                  : classes.dominant(slot.first, slot.count));
    }
    item.count = static_cast<std::int64_t>(set.classes.size()) - item.first;
    set.items.push_back(std::move(item));
}

/// The examples of a recording, at the end of the set.
void add_examples(TrainingSet& set, Part part, const std::vector<std::int64_t>& number) {
    dataset::ScannedRecording& recording = part.recording;
    TrainingSet::Item& item = part.item;
    recording.classes.renumber(number, part.background ? set.background_index() : -1);
    if (part.background) recording.activity.add_labelled({0, recording.rows()});
    item.recording = set.recordings_said.size();
    set.recordings_said.push_back(said_of(set, recording));
    item.onset_s = recording.run_onsets_s.empty() ? 0 : recording.run_onsets_s.front();
    if (set.target != model::Target::recording) {
        const bool whole = set.windowing.frames == 1;
        for (std::size_t i = 0; i < (whole ? 1 : recording.runs.size()); ++i) {
            item.onset_s = recording.run_onsets_s[i];
            add_windows(set, recording.classes, item,
                        whole ? windows::RowSpan{0, recording.rows()} : recording.runs[i]);
        }
        return;
    }
    item.first = static_cast<std::int64_t>(set.classes.size());
    item.count = 1;
    const auto c = recording.classes.of_recording(set.background_index());
    set.classes.push_back(c);
    for (std::size_t i = 0; i < recording.event_rows.size(); ++i) {
        const windows::RowSpan& rows = recording.event_rows[i];
        const bool somewhere = rows.count > 0 && rows.count < recording.rows();
        const auto said =
            std::ranges::find(recording.labels, recording.events[i].label) - recording.labels.begin();
        if (somewhere && number.at(static_cast<std::size_t>(said)) == c) item.marks.push_back(rows);
    }
    set.items.push_back(std::move(item));
}

}  // namespace

TrainingSet load_training_set(const TrainingPaths& paths, const ExampleOptions& options) {
    TrainingSet set;
    std::vector<Part> parts = read_parts(paths, *set.frames);
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
    for (Part& part : parts) {
        std::vector<std::int64_t> number;  // index of each of its labels in the union, -1 if left out
        for (const std::string& label : part.recording.labels) {
            const auto found = std::ranges::lower_bound(set.labels, label);
            const bool known = found != set.labels.end() && *found == label;
            const bool left_out = std::ranges::find(paths.leave_out, label) != paths.leave_out.end();
            const std::int64_t other = set.unknown.empty() || left_out ? -1 : TrainingSet::kUnknown;
            number.push_back(known ? found - set.labels.begin() : other);
        }
        add_examples(set, std::move(part), number);
    }
    check_classes(set);
    return set;
}

}  // namespace earshot::train
