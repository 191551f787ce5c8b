#include "train/training_set.h"

#include <algorithm>
#include <set>

#include "dataset/content_hash.h"

namespace earshot::train {

std::int64_t TrainingSet::background_index() const {
    const auto found = std::ranges::lower_bound(labels, background);
    return found == labels.end() || *found != background ? -1 : found - labels.begin();
}

std::vector<std::span<const TrainingSet::Item>> TrainingSet::recordings() const {
    std::vector<std::span<const Item>> all;
    for (const Item& item : items) {
        if (item.row == 0) {
            all.emplace_back(&item, 1);
        } else {
            all.back() = {all.back().data(), all.back().size() + 1};
        }
    }
    return all;
}

void TrainingSet::read_activity(const Item& item, double first, double step_frames,
                                std::span<dataset::Activity::State> states) const {
    const auto& activity = recordings_said[item.recording].activity;
    activity.read(static_cast<double>(item.row) + first, step_frames, states);
    // Steps beyond the stretch are of no frame of it.
    const std::size_t steps = states.size() / learnt();
    for (std::size_t i = 0; i < steps; ++i) {
        const double middle = first + (static_cast<double>(i) + 0.5) * step_frames;
        if (middle < 0 || middle >= static_cast<double>(item.frames))
            std::ranges::fill(states.subspan(i * learnt(), learnt()), dataset::Activity::unknown);
    }
}

void TrainingSet::read_window_activity(const Item& item, std::int64_t example,
                                       std::span<dataset::Activity::State> states) const {
    const std::int64_t first = windowing.start(example - item.first, item.frames) + windowing.context();
    read_activity(item, static_cast<double>(first), static_cast<double>(windowing.step_frames()), states);
}

const TrainingSet::Item& TrainingSet::item_of(std::int64_t example) const {
    return *(std::ranges::upper_bound(items, example, {}, &Item::first) - 1);
}

std::size_t TrainingSet::training_groups() const {
    std::set<std::string> groups;
    for (const Item& item : items) {
        if (item.role == Role::train) groups.insert(item.group);
    }
    return groups.size();
}

template <class Wanted>
Rows TrainingSet::rows_with(Role role, const Wanted& wanted) const {
    Rows rows;
    for (const Item& item : items) {
        if (item.role != role) continue;
        for (std::int64_t row = item.first; row < item.first + item.count; ++row) {
            if (wanted(label_of(row))) rows.push_back(row);
        }
    }
    return rows;
}

Rows TrainingSet::labelled_rows(Role role) const {
    return rows_with(role, [&](const auto& label) { return label && *label != none_of_them(); });
}

Rows TrainingSet::unknown_rows(Role role) const {
    return rows_with(role, [&](const auto& label) { return label == none_of_them(); });
}

std::vector<std::int64_t> TrainingSet::class_counts(std::span<const std::int64_t> rows) const {
    std::vector<std::int64_t> counts(labels.size());
    for (const std::int64_t row : rows) {
        if (const auto label = label_of(row); label && *label < counts.size()) ++counts[*label];
    }
    return counts;
}

std::vector<std::int64_t> TrainingSet::sounding_counts(std::span<const std::int64_t> rows) const {
    std::vector<std::int64_t> counts(labels.size());
    for (const std::int64_t row : rows) {
        for (const std::size_t label : labels_of(row)) counts[label] += label < counts.size() ? 1 : 0;
    }
    return counts;
}

void add_scores(const TrainingSet& set, std::span<const std::int64_t> rows, std::span<const float> scores,
                metrics::Evaluation& evaluation) {
    const std::size_t width = set.labels.size();
    for (const Cell& cell : cells_of(set, rows))
        evaluation.add(cell.labels, scores.subspan(cell.row * width, width));
}

std::string TrainingSet::data_hash(std::span<const std::int64_t> rows) const {
    dataset::ContentHasher hasher;
    const auto add = [&](std::int64_t number) {
        hasher.add({reinterpret_cast<const char*>(&number), sizeof number});
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Item& item = item_of(rows[i]);
        if (i == 0 || &item != &item_of(rows[i - 1])) hasher.add(item.digest);
        add(rows[i] - item.first);
        const auto all = labels_of(rows[i]);
        if (all.empty()) add(-1);
        for (const std::size_t label : all)
            add(label == none_of_them() ? -2 : static_cast<std::int64_t>(label));
    }
    return hasher.hash();
}

}  // namespace earshot::train
