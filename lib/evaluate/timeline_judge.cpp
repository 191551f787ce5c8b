#include "evaluate/timeline_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "audio/length.h"
#include "evaluate/score_table_reader.h"
#include "label/label_file.h"
#include "label/label_index.h"
#include "support/error.h"

namespace earshot::evaluate {
namespace {

/// Neighbouring steps that reach a threshold, label by label.
void add_runs(std::vector<metrics::LabelEvents>& events, const metrics::ScoreSequence& scores,
              double threshold) {
    for (std::size_t label = 0; label < events.size(); ++label) {
        bool on = false;
        for (std::size_t i = 0; i < scores.steps(); ++i) {
            const bool reaches = scores.scores[i * events.size() + label] >= threshold;
            auto& detected = events[label].detected;
            if (reaches && !on) detected.push_back({scores.times_s[i], 0});
            if (reaches) detected.back().offset_s = scores.times_s[i + 1];
            on = reaches;
        }
    }
}

double last_offset_s(const label::Timeline& timeline) {
    double last_s = 0;
    for (const auto& event : timeline.events)
        last_s = std::max(last_s, std::isfinite(event.offset_s) ? event.offset_s : event.onset_s);
    return last_s;
}

bool is_open(const label::Timeline& timeline) {
    return std::ranges::any_of(timeline.events,
                               [](const label::Event& event) { return std::isinf(event.offset_s); });
}

}  // namespace

bool TimelineChoice::wants(const std::string& label) const {
    const bool tagged = tags.empty() || std::ranges::find(tags, label) != tags.end();
    return tagged && label != background && std::ranges::find(leave_out, label) == leave_out.end();
}

TimelineJudge::TimelineJudge(TrueEvents truth, TimelineChoice choice)
    : truth_(std::move(truth)),
      choice_(std::move(choice)),
      found_(truth_.recordings.size()),
      warnings_(std::exchange(truth_.warnings, {})) {}

void TimelineJudge::judge(const DetectedEvents& detected) {
    read_events(detected.files);
    if (!detected.scores.empty()) read_tables(detected.scores);
    if (!unknown_.empty()) {
        const auto others = unknown_.size() - 1;
        warnings_.push_back(fmt::format(
            "'{}'{} not in the truth, and left out (if nothing happens there, name it with --durations)",
            unknown_.front(), others == 0 ? " is" : fmt::format(" and {} more are", others)));
    }
    choose_labels();
    evaluation_.emplace(labels_, choice_.criteria);
    for (std::size_t i = 0; i < found_.size(); ++i) {
        if (has_no_times(truth_.recordings[i].timeline, choice_.background)) {
            ++left_out_;
        } else {
            add(i);
        }
    }
    if (evaluation_->recordings() == 0)
        throw Error("no recording has labels with times, which judging events needs");
    warn_of_unscored(detected.scores);
}

void TimelineJudge::warn_of_unscored(const std::string& directory) {
    std::vector<std::string> without;
    for (std::size_t c = 0; c < labels_.size(); ++c) {
        if (!scored_[c]) without.push_back(labels_[c]);
    }
    if (directory.empty() || without.empty()) return;
    warnings_.push_back(
        fmt::format("{}: no table has a column for {}; PSDS takes it that they are never found", directory,
                    fmt::join(without, ", ")));
}

void TimelineJudge::read_events(const std::vector<std::string>& files) {
    for (const auto& path : files) {
        for (const auto& file : label_files(path)) {
            auto labels = label::read_labels(file);
            has_events_ = true;
            std::ranges::move(labels.warnings, std::back_inserter(warnings_));
            for (auto& [key, timeline] : labels.recordings) {
                if (key.empty() && timeline.events.empty()) continue;  // an empty file names none
                take(key.empty() ? recording_of_file(file) : key, std::move(timeline), file);
            }
        }
    }
}

/// Events of one recording may be in several files, but not under several names.
void TimelineJudge::take(const std::string& name, label::Timeline timeline, const std::string& file) {
    const auto number = truth_.names.find(name);
    if (!number) return unknown_.push_back(name);
    auto& found = found_[*number];
    if (!found.name.empty() && found.name != name) {
        throw Error(
            fmt::format("{}: '{}' and '{}' may both be {} of the truth (name them with their directories)",
                        file, found.name, name, truth_.names.names()[*number]));
    }
    found.name = name;
    std::ranges::move(timeline.events, std::back_inserter(found.timeline.events));
}

void TimelineJudge::read_tables(const std::string& directory) {
    for (const auto& path : score_tables(directory)) {
        const auto name = recording_of_file(path);
        const auto number = truth_.names.find(name);
        if (number) {
            found_[*number].table = path;
        } else {
            unknown_.push_back(name);
        }
    }
    const auto scored = std::ranges::count_if(found_, [](const Found& one) { return !one.table.empty(); });
    if (scored == 0)
        throw Error(fmt::format("{}: no table is named after a recording of the truth", directory));
    if (scored == std::ssize(found_)) return;
    warnings_.push_back(fmt::format("{}: {} of {} recordings have no score table; PSDS is of the others",
                                    directory, std::ssize(found_) - scored, found_.size()));
}

void TimelineJudge::choose_labels() {
    std::set<std::string> labels;
    for (std::size_t i = 0; i < found_.size(); ++i) {
        for (const auto* timeline : {&truth_.recordings[i].timeline, &found_[i].timeline}) {
            for (const auto& event : timeline->events) {
                if (choice_.wants(event.label)) labels.insert(event.label);
            }
        }
    }
    labels_.assign(labels.begin(), labels.end());
    scored_.assign(labels_.size(), false);
}

void TimelineJudge::add(std::size_t recording) {
    std::optional<metrics::ScoreSequence> scores;
    if (!found_[recording].table.empty()) scores = read_score_table(found_[recording].table, labels_);
    for (std::size_t c = 0; c < labels_.size() && scores && scores->steps() > 0; ++c)
        scored_[c] = scored_[c] || scores->scores[c] > metrics::ScoreSequence::kUnheard;
    const double end_s = end_of(recording, scores);
    const auto events = events_of(recording, end_s, !has_events_ && scores ? &*scores : nullptr);
    evaluation_->add(events, end_s, scores ? &*scores : nullptr);
}

/// Where a recording ends: as the file of durations says, else its sound, else what is known to happen in it.
double TimelineJudge::end_of(std::size_t recording, const std::optional<metrics::ScoreSequence>& scores) {
    const auto& truth = truth_.recordings[recording];
    const auto& found = found_[recording].timeline;
    if (truth.duration_s) return *truth.duration_s;
    if (!truth.sound.empty()) return audio::measure_length(truth.sound).seconds;
    ++guessed_lengths_;
    if (scores && scores->steps() > 0) return scores->times_s.back();
    if (is_open(truth.timeline) || is_open(found)) {
        throw Error(fmt::format(
            "{}: an event lasts to the end of the recording, whose length is not known (give --durations)",
            truth_.names.names()[recording]));
    }
    return std::max(last_offset_s(truth.timeline), last_offset_s(found));
}

std::vector<metrics::LabelEvents> TimelineJudge::events_of(std::size_t recording, double end_s,
                                                           const metrics::ScoreSequence* detections) const {
    std::vector<metrics::LabelEvents> events(labels_.size());
    const label::LabelIndex index(labels_);
    const auto sort = [&](const label::Timeline& timeline,
                          std::vector<metrics::Interval> metrics::LabelEvents::*side) {
        for (const auto& event : timeline.events) {
            if (!choice_.wants(event.label)) continue;
            const double offset_s =
                std::isfinite(event.offset_s) ? event.offset_s : std::max(end_s, event.onset_s);
            (events[static_cast<std::size_t>(*index.find(event.label))].*side)
                .push_back({event.onset_s, offset_s});
        }
    };
    sort(truth_.recordings[recording].timeline, &metrics::LabelEvents::reference);
    sort(found_[recording].timeline, &metrics::LabelEvents::detected);
    if (detections) add_runs(events, *detections, kStepThreshold);
    return events;
}

}  // namespace earshot::evaluate
