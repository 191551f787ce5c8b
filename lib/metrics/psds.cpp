#include "metrics/psds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

namespace earshot::metrics {
namespace {

constexpr double kSecondsAnHour = 3600;
constexpr double kNever = std::numeric_limits<double>::infinity();

}  // namespace

PsdsSettings psds1() { return {{0.7, 0.7, {}}, 0, 1, 100}; }

PsdsSettings psds2() { return {{0.1, 0.1, 0.3}, 0.5, 1, 100}; }

/// Of all recordings together.
struct Psds::Totals {
    double duration_s = 0;
    std::vector<std::uint64_t> events;  // of each label
    std::vector<double> seconds;        // that these last
    std::size_t labels = 0;             // that have events
};

Psds::Psds(const PsdsSettings& settings, std::size_t labels) : settings_(settings), changes_(labels) {}

void Psds::add(std::span<const LabelEvents> events, const ScoreSequence& scores, double duration_s) {
    const auto number = static_cast<std::uint32_t>(recordings_.size());
    const auto changes = sweep_thresholds(events, scores, settings_.criteria, number);
    Recording recording{duration_s, {}};
    for (std::size_t label = 0; label < changes.size(); ++label) {
        for (const auto& change : changes[label]) changes_[label].push_back({change});
        Reference reference{static_cast<std::uint32_t>(label), 0, 0};
        for (const auto& event : events[label].reference) {
            reference.count += event.length_s() > 0;
            reference.seconds += event.length_s();
        }
        if (reference.count > 0) recording.reference.push_back(reference);
    }
    recordings_.push_back(std::move(recording));
    prepared_ = false;
}

void Psds::prepare() {
    if (prepared_) return;
    std::vector<std::int32_t> least(recordings_.size()), now(recordings_.size());
    for (auto& label : changes_) {
        std::ranges::stable_sort(label, std::greater(), &Step::score);
        std::ranges::fill(now, 0);
        for (const auto& step : label) now[step.recording] += step.false_positives;
        least = now;  // at the lowest threshold
        for (auto& step : std::views::reverse(label)) {
            const auto i = step.recording;
            least[i] = std::min(least[i], now[i]);
            now[i] -= step.false_positives;
            step.floor = least[i] - std::min(least[i], now[i]);
        }
    }
    prepared_ = true;
}

Psds::Totals Psds::totals(std::span<const std::uint32_t> times) const {
    Totals totals;
    totals.events.resize(changes_.size());
    totals.seconds.resize(changes_.size());
    for (std::size_t i = 0; i < recordings_.size(); ++i) {
        totals.duration_s += times[i] * recordings_[i].duration_s;
        for (const auto& reference : recordings_[i].reference) {
            totals.events[reference.label] += std::uint64_t{times[i]} * reference.count;
            totals.seconds[reference.label] += times[i] * reference.seconds;
        }
    }
    totals.labels = static_cast<std::size_t>(
        std::ranges::count_if(totals.events, [](std::uint64_t count) { return count > 0; }));
    return totals;
}

std::vector<double> Psds::rates(std::size_t label, std::span<const std::uint32_t> times,
                                const Totals& totals) const {
    const double an_alarm = kSecondsAnHour / totals.duration_s;
    std::vector<double> a_cross_trigger(changes_.size(), 0);  // by the label of the events
    for (std::size_t other = 0; other < a_cross_trigger.size(); ++other) {
        if (totals.events[other] == 0 || totals.labels < 2) continue;
        a_cross_trigger[other] = settings_.cross_trigger_weight * kSecondsAnHour / totals.seconds[other] /
                                 static_cast<double>(totals.labels - 1);
    }
    std::vector<double> lowest(totals.events[label], kNever);
    std::int64_t hits = 0, alarms = 0, least_alarms = 0;
    double crossing = 0;
    const auto& changes = changes_[label];
    for (std::size_t i = 0; i < changes.size();) {
        const double score = changes[i].score;
        for (; i < changes.size() && changes[i].score == score; ++i) {
            const auto& change = changes[i];
            const std::int64_t many = times[change.recording];
            hits += many * change.hits;
            alarms += many * change.false_positives;
            least_alarms += many * change.floor;
            if (change.other != ThresholdChange::kOwn)
                crossing += static_cast<double>(many * change.cross_triggers) * a_cross_trigger[change.other];
        }
        if (static_cast<double>(least_alarms) * an_alarm > settings_.most_per_hour) break;
        if (hits == 0) continue;
        auto& rate = lowest[static_cast<std::size_t>(hits) - 1];
        rate = std::min(rate, std::max(0.0, static_cast<double>(alarms) * an_alarm + crossing));
    }
    // A threshold with more hits has at least as many.
    for (std::size_t i = lowest.size(); i-- > 1;) lowest[i - 1] = std::min(lowest[i - 1], lowest[i]);
    return lowest;
}

/// The area under the mean of staircases less their deviation.
/// @param rates  of each label, where its staircase rises by 1 / size
double Psds::area(std::span<const std::vector<double>> rates) const {
    struct Rise {
        double rate;
        std::size_t label;
    };
    std::vector<Rise> rises;
    for (std::size_t label = 0; label < rates.size(); ++label) {
        for (const double rate : rates[label]) {
            if (rate <= settings_.most_per_hour) rises.push_back({rate, label});
        }
    }
    std::ranges::sort(rises, {}, &Rise::rate);
    const auto count = static_cast<double>(rates.size());
    std::vector<std::size_t> hits(rates.size(), 0);
    double sum = 0, squares = 0, area = 0;
    for (std::size_t i = 0; i < rises.size(); ++i) {
        const auto size = static_cast<double>(rates[rises[i].label].size());
        const double before = static_cast<double>(hits[rises[i].label]++) / size;
        const double after = static_cast<double>(hits[rises[i].label]) / size;
        sum += after - before;
        squares += after * after - before * before;
        const double mean = sum / count;
        const double deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
        const double next = i + 1 < rises.size() ? rises[i + 1].rate : settings_.most_per_hour;
        area += std::max(0.0, mean - settings_.instability_weight * deviation) * (next - rises[i].rate);
    }
    return area / settings_.most_per_hour;
}

Psds::Result Psds::result() { return result(std::vector<std::uint32_t>(recordings_.size(), 1)); }

Psds::Result Psds::result(std::span<const std::uint32_t> times) {
    prepare();
    const auto sums = totals(times);
    Result result{std::numeric_limits<double>::quiet_NaN(),
                  std::vector<double>(changes_.size(), std::numeric_limits<double>::quiet_NaN())};
    if (sums.labels == 0 || !(sums.duration_s > 0)) return result;
    std::vector<std::vector<double>> all;
    for (std::size_t label = 0; label < changes_.size(); ++label) {
        if (sums.events[label] == 0) continue;
        all.push_back(rates(label, times, sums));
        result.labels[label] = area(std::span(all).last(1));
    }
    result.score = area(all);
    return result;
}

}  // namespace earshot::metrics
