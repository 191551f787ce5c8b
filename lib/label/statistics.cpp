#include "label/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace earshot::label {
namespace {

/// The median; NaN if empty.
double median(std::vector<double> values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

LabelStatistics::Row row_of(std::string label, const std::vector<double>& seconds, std::size_t open) {
    const double total_s = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    return {std::move(label), seconds.size() + open, open, total_s, median(seconds), 0};
}

}  // namespace

void LabelStatistics::add(const Timeline& timeline) {
    for (const auto& event : timeline.events) {
        auto& durations = labels_[event.label];
        if (std::isinf(event.offset_s)) {
            ++durations.open;
        } else {
            durations.seconds.push_back(event.offset_s - event.onset_s);
        }
    }
}

LabelStatistics::Row LabelStatistics::sum() const {
    std::vector<double> all;
    std::size_t open = 0;
    for (const auto& [label, durations] : labels_) {
        all.insert(all.end(), durations.seconds.begin(), durations.seconds.end());
        open += durations.open;
    }
    auto row = row_of("", all, open);
    row.share = row.total_s / row.total_s;  // NaN of nothing
    return row;
}

std::vector<LabelStatistics::Row> LabelStatistics::rows() const {
    const double total_s = sum().total_s;
    std::vector<Row> rows;
    for (const auto& [label, durations] : labels_) {
        rows.push_back(row_of(label, durations.seconds, durations.open));
        rows.back().share = rows.back().total_s / total_s;
    }
    return rows;
}

}  // namespace earshot::label
