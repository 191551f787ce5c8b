#include "train/training_set.h"

#include <algorithm>
#include <set>

#include "dataset/content_hash.h"

namespace earshot::train {

std::int64_t TrainingSet::background_index() const {
    const auto found = std::ranges::find(labels, background);
    return found == labels.end() ? -1 : found - labels.begin();
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

Rows TrainingSet::unknown_rows(Role role) const {
    Rows rows;
    for (const Item& item : items) {
        if (item.role != role) continue;
        for (std::int64_t row = item.first; row < item.first + item.count; ++row) {
            if (classes[static_cast<std::size_t>(row)] == kUnknown) rows.push_back(row);
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

namespace {

/// A step counts for the likeliest of the labels that sound in it, or for the background. Steps of which not
/// all is known are left out.
void add_step_scores(const TrainingSet& set, std::span<const std::int64_t> rows,
                     std::span<const float> scores, metrics::Evaluation& evaluation) {
    using dataset::Activity;
    const auto steps = static_cast<std::size_t>(set.steps());
    const std::size_t width = set.labels.size(), learnt = set.learnt();
    std::vector<Activity::State> states(steps * learnt);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const TrainingSet::Item& item = set.item_of(rows[i]);
        set.read_window_activity(item, rows[i], states);
        for (std::size_t step = 0; step < steps; ++step) {
            const auto of_step = std::span(states).subspan(step * learnt, learnt);
            if (std::ranges::find(of_step, Activity::unknown) != of_step.end()) continue;
            const auto row = scores.subspan((i * steps + step) * width, width);
            auto truth = static_cast<std::size_t>(set.background_index());
            float best = -1;
            for (std::size_t c = 0; c < learnt; ++c) {
                if (of_step[c] != Activity::sounds || row[set.learnt_label(c)] <= best) continue;
                truth = set.learnt_label(c);
                best = row[truth];
            }
            evaluation.add(truth, row);
        }
    }
}

}  // namespace

void add_scores(const TrainingSet& set, std::span<const std::int64_t> rows, std::span<const float> scores,
                metrics::Evaluation& evaluation) {
    const std::size_t width = set.labels.size();
    if (set.target == model::Target::events) return add_step_scores(set, rows, scores, evaluation);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        evaluation.add(static_cast<std::size_t>(set.classes[static_cast<std::size_t>(rows[i])]),
                       scores.subspan(i * width, width));
    }
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
        add(classes[static_cast<std::size_t>(rows[i])]);
    }
    return hasher.hash();
}

}  // namespace earshot::train
