#include "train/thresholds.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "frontend/frontend.h"
#include "metrics/metrics.h"
#include "support/error.h"

namespace earshot::train {
namespace {

/// Runs of consecutive cells in which nothing should be found.
std::vector<metrics::BackgroundRun> background_runs(const TrainingSet& set, std::span<const Cell> cells) {
    std::vector<metrics::BackgroundRun> runs;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto label = static_cast<std::int64_t>(cells[i].labels.front());
        const bool quiet = label == set.background_index() || cells[i].labels.front() == set.none_of_them();
        if (quiet) metrics::add_window(runs, i, cells[i].follows);
    }
    return runs;
}

double hours_of(const TrainingSet& set, const std::vector<metrics::BackgroundRun>& runs) {
    if (set.frontend.is_null()) {
        throw Error(
            "false alarms per hour: the datasets do not say how long their frames are (remake them with "
            "earshot datagen)");
    }
    std::size_t windows = 0;
    for (const metrics::BackgroundRun& run : runs) windows += run.count;
    if (windows == 0) {
        throw Error(
            "false alarms per hour: there is no background to count them on (give recordings of it with "
            "--background DIR)");
    }
    return static_cast<double>(windows) * frontend::make_frontend(set.frontend)->hop_s() *
           static_cast<double>(set.windowing.hop) / static_cast<double>(set.steps()) / 3600;
}

}  // namespace

std::vector<metrics::WantedThreshold> choose_thresholds(const TrainingSet& set,
                                                        std::span<const std::int64_t> rows,
                                                        std::span<const float> scores,
                                                        const ThresholdWish& wish) {
    const auto cells = cells_of(set, rows);
    const std::size_t labels = set.labels.size(), count = cells.size();
    std::vector<metrics::BackgroundRun> runs;
    std::uint64_t alarms = 0;
    if (wish.false_alarms_per_hour) {
        runs = background_runs(set, cells);
        alarms = static_cast<std::uint64_t>(std::floor(*wish.false_alarms_per_hour * hours_of(set, runs)));
    }
    std::vector<metrics::WantedThreshold> chosen;
    std::vector<float> column(count);
    const auto positive = std::make_unique<bool[]>(count);
    for (std::size_t c = 0; c < labels; ++c) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto& sounding = cells[i].labels;
            column[i] = scores[cells[i].row * labels + c];
            positive[i] = std::ranges::find(sounding, c) != sounding.end();
        }
        if (static_cast<std::int64_t>(c) == set.background_index()) {
            chosen.push_back({metrics::cautious_f1_threshold(column, {positive.get(), count}), true});
        } else if (wish.precision) {
            chosen.push_back(metrics::precision_threshold(column, {positive.get(), count}, *wish.precision));
        } else {
            const double threshold = metrics::false_alarm_threshold(column, runs, alarms);
            chosen.push_back({threshold, metrics::false_alarms(column, runs, threshold) <= alarms});
        }
    }
    return chosen;
}

double mean_score(const metrics::Evaluation& evaluation, std::int64_t background) {
    const auto rates = evaluation.detection_rates(evaluation.balanced_thresholds());
    double sum = 0;
    int labels = 0;
    for (std::size_t c = 0; c < rates.size(); ++c) {
        if (static_cast<std::int64_t>(c) == background || std::isnan(rates[c].score())) continue;
        sum += rates[c].score();
        ++labels;
    }
    return labels == 0 ? 0 : sum / labels;
}

}  // namespace earshot::train
