#include <algorithm>

#include "train/training_set.h"

namespace earshot::train {

using dataset::Activity;

Activity::Tally TrainingSet::tally_of(std::int64_t example) const {
    const Item& item = item_of(example);
    const windows::RowSpan stretch{item.row, item.frames};
    const auto& activity = recordings_said[item.recording].activity;
    if (target == model::Target::recording) return activity.tally(stretch);
    return activity.tally(windowing.slot(windowing.start(example - item.first, item.frames), stretch));
}

dataset::LabelChoice TrainingSet::choice() const {
    dataset::LabelChoice choice;
    if (const auto c = background_index(); c >= 0) choice.background = static_cast<std::size_t>(c);
    if (!unknown.empty()) choice.outside = none_of_them();
    choice.anywhere = target == model::Target::recording;
    return choice;
}

std::optional<std::size_t> TrainingSet::label_of_steps(std::int64_t example) const {
    const Item& item = item_of(example);
    const std::size_t classes = learnt();
    std::vector<Activity::State> states(static_cast<std::size_t>(steps()) * classes);
    read_window_activity(item, example, states);
    const auto sounding = std::ranges::find(states, Activity::sounds);
    if (sounding != states.end())
        return learnt_label(static_cast<std::size_t>(sounding - states.begin()) % classes);
    if (std::ranges::find(states, Activity::silent) != states.end())
        return static_cast<std::size_t>(background_index());
    const auto weak = recordings_said[item.recording].activity.weak();
    const auto heard = std::ranges::find(weak, Activity::sounds);
    if (heard == weak.end()) return std::nullopt;
    return learnt_label(static_cast<std::size_t>(heard - weak.begin()));
}

std::optional<std::size_t> TrainingSet::label_of(std::int64_t example) const {
    return target == model::Target::events ? label_of_steps(example) : choice().one(tally_of(example));
}

std::vector<std::size_t> TrainingSet::labels_of(std::int64_t example) const {
    if (target != model::Target::events) return choice().all(tally_of(example));
    const auto label = label_of_steps(example);
    return label ? std::vector{*label} : std::vector<std::size_t>();
}

void TrainingSet::read_example(std::int64_t example, std::span<Activity::State> states) const {
    const auto sounding = labels_of(example);
    std::ranges::fill(states, sounding.empty() ? Activity::unknown : Activity::silent);
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (std::ranges::find(sounding, learnt_label(i)) != sounding.end()) states[i] = Activity::sounds;
    }
}

namespace {

/// Whether an example is the next one of a recording without a gap.
bool is_next(const TrainingSet& set, std::span<const std::int64_t> rows, std::size_t i) {
    return i > 0 && rows[i - 1] + 1 == rows[i] && &set.item_of(rows[i - 1]) == &set.item_of(rows[i]);
}

std::vector<Cell> cells_of_steps(const TrainingSet& set, std::span<const std::int64_t> rows) {
    const auto steps = static_cast<std::size_t>(set.steps());
    const std::size_t learnt = set.learnt();
    std::vector<Activity::State> states(steps * learnt);
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        set.read_window_activity(set.item_of(rows[i]), rows[i], states);
        for (std::size_t step = 0; step < steps; ++step) {
            const auto of_step = std::span(states).subspan(step * learnt, learnt);
            if (std::ranges::find(of_step, Activity::unknown) != of_step.end()) continue;
            const std::size_t row = i * steps + step;
            const bool after = !cells.empty() && cells.back().row + 1 == row;
            Cell cell{row, {}, after && (step > 0 || is_next(set, rows, i))};
            for (std::size_t c = 0; c < learnt; ++c) {
                if (of_step[c] == Activity::sounds) cell.labels.push_back(set.learnt_label(c));
            }
            if (cell.labels.empty()) cell.labels.push_back(static_cast<std::size_t>(set.background_index()));
            cells.push_back(std::move(cell));
        }
    }
    return cells;
}

}  // namespace

std::vector<Cell> cells_of(const TrainingSet& set, std::span<const std::int64_t> rows) {
    if (set.target == model::Target::events) return cells_of_steps(set, rows);
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < rows.size(); ++i)
        cells.push_back({i, set.labels_of(rows[i]), is_next(set, rows, i)});
    return cells;
}

}  // namespace earshot::train
