#include "train/event_choice.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "frontend/frontend.h"
#include "support/error.h"
#include "train/rule_search.h"

namespace earshot::train {
namespace {

constexpr std::size_t kMaxRows = 400'000;

}  // namespace

std::vector<HeldOutRun> held_out_runs(const TrainingSet& set, std::span<const std::int64_t> rows,
                                      std::span<const float> scores) {
    if (set.target == model::Target::recording || set.frontend.is_null()) return {};
    const auto shape = windows::shape_of(*frontend::make_frontend(set.frontend));
    const auto steps = static_cast<std::size_t>(set.steps());
    const std::size_t values = steps * set.labels.size();
    std::vector<HeldOutRun> runs;
    for (std::size_t i = 0; i < rows.size();) {
        const TrainingSet::Item& item = set.item_of(rows[i]);
        const TrainingSet::Said& said = set.recordings_said[item.recording];
        std::size_t end = i;
        while (end < rows.size() && rows[end] >= item.first && rows[end] < item.first + item.count &&
               (end == i || rows[end] == rows[end - 1] + 1))
            ++end;
        const std::size_t begin = std::exchange(i, end);
        if (!said.timed || static_cast<std::int64_t>(end - begin) != item.count) continue;
        HeldOutRun run;
        run.grid = windows::make_grid(shape, set.windowing).of_steps(set.steps());
        run.grid.start_s = item.onset_s + shape.lead_s;
        run.end_s =
            item.onset_s + static_cast<double>(item.frames - 1) * shape.hop_s + shape.window_s - shape.lead_s;
        const auto part = scores.subspan(begin * values, (end - begin) * values);
        run.scores.assign(part.begin(), part.end());
        const auto there = static_cast<std::size_t>((item.frames + set.windowing.step_frames() - 1) /
                                                    set.windowing.step_frames());
        if (steps > 1) run.scores.resize(std::min(run.scores.size(), there * set.labels.size()));
        for (const label::Event& event : said.events) {
            if (event.offset_s > run.grid.start_s && event.onset_s < run.end_s) run.events.push_back(event);
        }
        runs.push_back(std::move(run));
    }
    return runs;
}

EventChoice choose_events(const TrainingSet& set, std::span<const HeldOutRun> runs,
                          std::span<const double> thresholds, const EventWish& wish) {
    const bool bounded = wish.objective == Objective::false_alarms;
    if (bounded && runs.empty()) {
        throw Error(
            "--objective false-alarms: no held-out recording says when sounds happen (hold some out with "
            "--folds or --validation, or give --validation-data)");
    }
    EventChoice choice;
    for (const double threshold : thresholds) choice.rules.push_back({threshold, threshold, 0, 0, 0, true});
    std::size_t rows = 0;
    bool any = bounded;
    for (const HeldOutRun& run : runs) rows += run.scores.size() / set.labels.size();
    const std::size_t stride = rows / kMaxRows + 1;  // of very many, some are enough
    std::vector<const HeldOutRun*> some;
    for (std::size_t i = 0; i < runs.size(); i += stride) some.push_back(&runs[i]);
    for (std::size_t c = 0; c < set.labels.size() && !some.empty(); ++c) {
        if (static_cast<std::int64_t>(c) == set.background_index()) continue;
        const auto threshold = wish.fixed ? std::optional(thresholds[c]) : std::nullopt;
        const auto chosen = search_rule(some, {set.labels[c], c, set.labels.size()}, threshold, wish);
        if (!chosen) continue;
        any = true;
        choice.rules[c] = chosen->rule;
        if (!chosen->reached) choice.missed.push_back(set.labels[c]);
    }
    if (!any) choice.rules.clear();
    return choice;
}

}  // namespace earshot::train
