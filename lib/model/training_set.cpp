#include "model/training_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "dataset/content_hash.h"
#include "dataset/recording.h"
#include "frontend/frontend.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot {
namespace {

namespace fs = std::filesystem;

struct Part {
    TrainingSet::Item item;
    Recording recording;
};

std::string_view role_name(Role role) {
    return role == Role::train ? "training" : role == Role::validation ? "validation" : "test";
}

void check_finite(const Recording& recording, const std::string& path) {
    const auto bad =
        std::ranges::find_if_not(recording.frames, [](float value) { return std::isfinite(value); });
    if (bad == recording.frames.end()) return;
    const auto row = static_cast<std::size_t>(bad - recording.frames.begin()) / recording.dimension;
    throw Error(fmt::format("{}: samples[{}] holds {} (remake the file with earshot datagen)", path, row,
                            std::isnan(*bad) ? "NaN" : "infinity"));
}

/// What must be equal in all files for their frames to be rows of one matrix.
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
            frontend_difference(other.recording.frontend, first.recording.frontend);
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

/// The same recording on both sides of a judgement would make it worthless.
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

/// A recording that is there under two paths is one, whatever its labels say: the groups of its copies become
/// one group, named like the first of them, so that no split parts them. Equal frames tell copies.
void join_groups_of_copies(std::vector<Part>& parts) {
    std::map<std::string, std::string> joined;  // a group to the one that it has become part of
    const auto root = [&](std::string group) {
        for (auto next = joined.find(group); next != joined.end(); next = joined.find(group)) group = next->second;
        return group;
    };
    std::map<std::string, std::string> group_of;  // by content
    for (const Part& part : parts) {
        const auto frames = std::as_bytes(std::span(part.recording.frames));
        const auto digest = content_hash({reinterpret_cast<const char*>(frames.data()), frames.size()});
        const auto first = root(group_of.try_emplace(digest, part.item.group).first->second);
        const auto other = root(part.item.group);
        if (first != other) joined[other] = first;
    }
    for (Part& part : parts) part.item.group = root(part.item.group);
}

std::vector<Part> read_parts(const TrainingPaths& paths) {
    std::vector<Part> parts;
    std::set<std::pair<std::string, Role>> seen;
    const auto read = [&](const std::vector<std::string>& inputs, Role role) {
        for (const std::string& input : inputs) {
            const auto files = fs::is_directory(input) ? dataset_files(input) : std::vector{input};
            for (const std::string& path : files) {
                check_interrupt();
                if (!seen.emplace(fs::weakly_canonical(path).string(), role).second) {
                    throw Error(fmt::format("{}: given twice as {} data", path, role_name(role)));
                }
                Part part;
                part.recording = read_recording(path);
                part.item.path = path;
                part.item.role = role;
                part.item.group = part.recording.group;
                part.item.content_hash = part.recording.content_hash;
                check_finite(part.recording, path);
                if (!parts.empty()) check_alike(parts.front(), part);
                parts.push_back(std::move(part));
            }
        }
    };
    read(paths.train, Role::train);
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
    return {labels.begin(), labels.end()};
}

void check_classes(const TrainingSet& set) {
    const auto rows = set.labelled_rows(Role::train);
    if (rows.empty()) throw Error("no frame of the training data has a label");
    const auto counts = set.class_counts(rows);
    const auto used = set.labels.size() - static_cast<std::size_t>(std::ranges::count(counts, 0));
    if (used < 2) {
        const auto only = static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin());
        throw Error(
            fmt::format("all frames are labelled '{}': there is nothing to tell it from (add recordings with "
                        "another label, background say)",
                        set.labels[only]));
    }
    for (std::size_t c = 0; c < counts.size(); ++c) {
        if (counts[c] > 0) continue;
        throw Error(
            fmt::format("no training frame is labelled '{}' (add a recording with it, or --leave-out {})",
                        set.labels[c], set.labels[c]));
    }
}

}  // namespace

Rows TrainingSet::labelled_rows(Role role) const {
    Rows rows;
    for (const Item& item : items) {
        if (item.role != role) continue;
        for (std::int64_t row = item.first; row < item.first + item.count; ++row) {
            if (classes[static_cast<std::size_t>(row)] >= 0) rows.push_back(row);
        }
    }
    return rows;
}

std::vector<std::int64_t> TrainingSet::class_counts(std::span<const std::int64_t> rows) const {
    std::vector<std::int64_t> counts(labels.size());
    for (const std::int64_t row : rows) {
        const std::int64_t c = classes[static_cast<std::size_t>(row)];
        if (c >= 0) ++counts[static_cast<std::size_t>(c)];
    }
    return counts;
}

void add_scores(const TrainingSet& set, std::span<const std::int64_t> rows, std::span<const float> scores,
                Evaluation& evaluation) {
    const std::size_t width = set.labels.size();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        evaluation.add(static_cast<std::size_t>(set.classes[static_cast<std::size_t>(rows[i])]),
                       scores.subspan(i * width, width));
    }
}

std::string TrainingSet::data_hash(std::span<const std::int64_t> rows) const {
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
    XXH3_128bits_reset(state.get());
    const auto width = static_cast<std::size_t>(dimension);
    for (const std::int64_t row : rows) {
        const auto i = static_cast<std::size_t>(row);
        XXH3_128bits_update(state.get(), frames.data() + i * width, width * sizeof(float));
        XXH3_128bits_update(state.get(), &classes[i], sizeof classes[i]);
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

TrainingSet load_training_set(const TrainingPaths& paths) {
    std::vector<Part> parts = read_parts(paths);
    if (parts.empty()) throw Error("no datasets given");
    TrainingSet set;
    set.dimension = static_cast<std::int64_t>(parts.front().recording.dimension);
    set.frontend = parts.front().recording.frontend;
    set.labels = union_of_labels(parts, paths.leave_out);

    std::size_t total = 0;
    for (const Part& part : parts) total += part.recording.size();
    set.frames.reserve(total * parts.front().recording.dimension);
    set.classes.reserve(total);
    for (Part& part : parts) {
        const Recording recording = std::move(part.recording);  // freed once copied: frames are held once
        std::vector<std::int64_t> number;                       // of its labels in the union, -1 if left out
        for (const std::string& label : recording.labels) {
            const auto found = std::ranges::lower_bound(set.labels, label);
            const bool known = found != set.labels.end() && *found == label;
            number.push_back(known ? found - set.labels.begin() : -1);
        }
        part.item.first = static_cast<std::int64_t>(set.classes.size());
        part.item.count = static_cast<std::int64_t>(recording.size());
        set.frames.insert(set.frames.end(), recording.frames.begin(), recording.frames.end());
        for (const std::int64_t c : recording.classes) {
            set.classes.push_back(c < 0 ? -1 : number.at(static_cast<std::size_t>(c)));
        }
        set.items.push_back(std::move(part.item));
    }
    check_classes(set);
    return set;
}

}  // namespace earshot
