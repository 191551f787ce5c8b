#include "evaluate/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "dataset/frame_activity.h"
#include "dataset/framing.h"
#include "detect/recording_scorer.h"
#include "evaluate/true_events.h"
#include "windows/run_finder.h"
#include "windows/window_cutter.h"

namespace earshot::evaluate {
namespace {

/// Copies frames of a recording from row `first` on. @throws Error for NaN and infinity
void copy_frames(const dataset::Recording& recording, std::size_t first, std::span<float> frames,
                 const std::string& path) {
    const auto from = std::span(recording.frames).subspan(first * recording.dimension, frames.size());
    const auto bad = std::ranges::find_if_not(from, [](float value) { return std::isfinite(value); });
    if (bad != from.end()) {
        const auto row = first + static_cast<std::size_t>(bad - from.begin()) / recording.dimension;
        throw Error(fmt::format("{}: row {} of its samples holds NaN or infinity", path, row));
    }
    std::ranges::copy(from, frames.begin());
}

/// Gives the frames of a dataset that have no label this one.
void fill_unlabelled(dataset::Recording& recording, const std::string& label) {
    auto found = std::ranges::find(recording.labels, label);
    if (found == recording.labels.end()) found = recording.labels.insert(found, label);
    std::ranges::replace(recording.classes, -1, found - recording.labels.begin());
}

}  // namespace

Judge::Judge(std::shared_ptr<const model::Model> model, std::vector<std::string> leave_out,
             std::vector<std::string> tags)
    : session_(std::move(model)),
      model_(session_.model().file()),
      leave_out_(std::move(leave_out)),
      tags_(std::move(tags)),
      unseen_(leave_out_.begin(), leave_out_.end()) {
    for (const auto& label : model_.labels) unseen_.erase(label);
    if (judges_recordings() || !model_.frontend.is_object()) return;
    std::vector<bool> wanted;
    for (const auto& label : model_.labels) {
        const auto among = [&](const auto& list) { return std::ranges::find(list, label) != list.end(); };
        wanted.push_back(!among(leave_out_) && (tags_.empty() || among(tags_)));
    }
    timelines_.emplace(session_.model(), std::move(wanted));
    frames_ = windows::shape_of(*session_.model().frontend());
}

std::optional<std::size_t> Judge::index_of(const std::string& label, const std::string& file) {
    unseen_.erase(label);
    if (std::ranges::find(leave_out_, label) != leave_out_.end()) return std::nullopt;
    const auto found = std::ranges::find(model_.labels, label);
    const bool judged_by =
        tags_.empty() || label == model_.background || std::ranges::find(tags_, label) != tags_.end();
    if (!judged_by && model_.unknown.empty()) return std::nullopt;
    if ((!judged_by || found == model_.labels.end()) && !model_.unknown.empty())
        return model_.labels.size() - 1;
    if (found == model_.labels.end()) {
        throw MismatchError(
            fmt::format("{}: label '{}' is not one of {}'s: {} (ignore its windows with --leave-out '{}')",
                        file, label, session_.model().directory(), fmt::join(model_.labels, ", "), label));
    }
    return static_cast<std::size_t>(found - model_.labels.begin());
}

void Judge::check_dimension(std::size_t dimension, const std::string& file) const {
    const std::size_t values = session_.model().scorer().window_values();
    if (dimension == values) return;
    throw MismatchError(fmt::format("{}: frames have {} values, but {} expects {}", file, dimension,
                                    session_.model().directory(), values));
}

std::optional<std::size_t> Judge::background() const {
    const auto found = std::ranges::find(model_.labels, model_.background);
    if (found == model_.labels.end()) return std::nullopt;
    return static_cast<std::size_t>(found - model_.labels.begin());
}

dataset::LabelChoice Judge::choice() const {
    dataset::LabelChoice choice{background(), {}, judges_recordings()};
    if (!model_.unknown.empty()) choice.outside = model_.labels.size() - 1;
    return choice;
}

Judge::Truths Judge::counted(std::span<const std::optional<std::size_t>> labels) const {
    Truths truths;
    for (const auto& label : labels) {
        if (label && std::ranges::find(truths, *label) == truths.end()) truths.push_back(*label);
    }
    if (const auto silence = background(); silence && truths.size() > 1) std::erase(truths, *silence);
    return truths;
}

/// The longest label first.
Judge::Truths Judge::labels_of(const label::Timeline& timeline, double duration_s, const std::string& file) {
    std::map<std::string, double> seconds;
    for (const auto& event : timeline.events)
        seconds[event.label] += std::min(event.offset_s, duration_s) - std::min(event.onset_s, duration_s);
    std::erase_if(seconds, [](const auto& label) { return label.second <= 0; });
    std::vector<std::pair<std::string, double>> longest(seconds.begin(), seconds.end());
    std::ranges::stable_sort(longest, std::greater(), &std::pair<std::string, double>::second);
    std::vector<std::optional<std::size_t>> labels;
    for (const auto& [label, length_s] : longest) labels.push_back(index_of(label, file));
    return counted(labels);
}

dataset::Activity Judge::activity_of(const dataset::Recording& recording, const std::string& path) {
    for (const auto& label : recording.labels) unseen_.erase(label);
    dataset::FrameActivity frames;
    frames.push(recording.classes);
    auto activity = recording.times.empty()
                        ? frames.of_classes(recording.labels.size())
                        : frames.of_events(recording, [&](const auto& sink) { sink(recording.times); });
    std::vector<std::optional<std::size_t>> numbers(recording.labels.size());
    for (std::size_t c = 0; c < numbers.size(); ++c) {
        if (activity.frames_of(c) == 0) continue;  // labels without a frame need not be known
        numbers[c] = index_of(recording.labels[c], path);
        if (!numbers[c]) activity.remove_labelled(c);
        if (numbers[c] && numbers[c] == background()) {
            activity.yield(c);
            numbers[c].reset();
        }
    }
    return activity.renumbered(numbers, model_.labels.size());
}

void Judge::Heard::take(const Truths& labels, double onset_s) {
    truths.push_back(labels.empty() ? std::nullopt : std::optional(labels.front()));
    for (std::size_t i = 1; i < labels.size(); ++i) beside.push_back({truths.size() - 1, labels[i]});
    onsets_s.push_back(onset_s);
}

void Judge::fold(JudgedRecording& judged, const Truths& labels) const {
    const std::size_t classes = model_.labels.size();
    const auto lowest = detect::RecordingScores::lowest_of(model_);
    detect::RecordingScores whole;
    for (std::size_t at = 0; at < judged.scores.size(); at += classes)
        whole.take(std::span(judged.scores).subspan(at, classes), lowest);
    const bool counts = !labels.empty() && whole.windows > 0;
    judged.left_out = counts ? 0 : 1;
    judged.truths.assign(counts ? 1 : 0, labels.empty() ? 0 : labels.front());
    for (std::size_t i = 1; counts && i < labels.size(); ++i) judged.beside.push_back({0, labels[i]});
    judged.onsets_s.assign(counts ? 1 : 0, 0);
    judged.scores = counts ? std::move(whole.scores) : std::vector<float>();
}

std::vector<JudgedRecording> Judge::judge(std::span<const JudgedItem> items,
                                          const audio::SourceOptions& source) {
    std::vector<JudgedRecording> all(items.size());
    std::vector<Heard> heard(items.size());
    const model::ScoreSink keep = [&](std::size_t owner, std::span<const float> scores) {
        auto& kept = all[owner].scores;
        kept.insert(kept.end(), scores.begin(), scores.end());
    };
    session_.reset();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& item = items[i];
        const WindowScorer score = [&](std::span<const float> window, std::size_t steps) {
            session_.score(i, window, steps, keep);
        };
        try {
            if (item.audio) {
                audio(item, source, all[i], heard[i], score);
            } else {
                dataset(item, all[i], heard[i], score);
            }
        } catch (const MismatchError&) {
            throw;
        } catch (const Error& error) {
            all[i].problem = error.what();
        }
    }
    session_.flush(keep);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!all[i].problem.empty()) {
            JudgedRecording nothing;
            nothing.problem = std::move(all[i].problem);
            all[i] = std::move(nothing);
        } else if (judges_recordings()) {
            fold(all[i], heard[i].whole);
        } else {
            finish(all[i], heard[i]);
        }
    }
    return all;
}

void Judge::finish(JudgedRecording& judged, const Heard& heard) {
    if (heard.timed) judged.timeline = timelines_->make(heard.reference, heard.stretches, judged.scores);
    const std::size_t classes = model_.labels.size();
    std::size_t kept = 0;
    auto beside = heard.beside.begin();
    for (std::size_t i = 0; i < heard.truths.size(); ++i) {
        if (!heard.truths[i]) continue;
        for (; beside != heard.beside.end() && beside->window == i; ++beside)
            judged.beside.push_back({kept, beside->label});
        judged.truths.push_back(*heard.truths[i]);
        judged.onsets_s.push_back(heard.onsets_s[i]);
        std::ranges::copy(std::span(judged.scores).subspan(i * classes, classes),
                          judged.scores.begin() + static_cast<std::ptrdiff_t>(kept++ * classes));
    }
    judged.left_out += heard.truths.size() - kept;
    judged.scores.resize(kept * classes);
}

/// Whether it is known when the events and the frames of a dataset are.
bool Judge::has_times(const dataset::Recording& recording) const {
    const auto& times = recording.times;
    const bool finite = std::ranges::all_of(times, [](double time_s) { return std::isfinite(time_s); });
    if (!timelines_ || times.empty() || !finite || !std::ranges::is_sorted(times)) return false;
    const auto background = std::ranges::find(recording.labels, model_.background);
    const bool labelled = std::ranges::any_of(recording.classes, [&](std::int64_t c) {
        return c >= 0 && c != background - recording.labels.begin();
    });
    return recording.events.empty() ? !labelled : !has_no_times({recording.events}, model_.background);
}

void Judge::dataset(const JudgedItem& item, JudgedRecording& judged, Heard& heard,
                    const WindowScorer& score) {
    auto recording = dataset::read_recording(item.path);
    judged.frontend_checked = check_frontend(recording, item.path);
    heard.timed = has_times(recording);
    heard.reference = recording.events;
    if (item.background) fill_unlabelled(recording, *item.background);
    dataset_windows(item.path, recording, judged, heard, score);
}

void Judge::dataset_windows(const std::string& path, const dataset::Recording& recording,
                            JudgedRecording& judged, Heard& heard, const WindowScorer& score) {
    const auto& windowing = session_.model().windowing();
    std::vector<float> window(static_cast<std::size_t>(windowing.frames) * recording.dimension);
    check_dimension(window.size(), path);
    const auto activity = activity_of(recording, path);
    const auto choice = this->choice();
    std::vector<Truths> steps;  // of a window
    std::size_t rows = 0;       // of scores of a run
    const auto judge_window = [&](const windows::RowSpan& run, std::int64_t start) {
        const auto slot = windowing.slot(start, run);
        const std::int64_t step = windowing.steps == 1 ? slot.count : windowing.step_frames();
        steps.clear();
        for (std::int64_t at = 0; at < slot.count; at += step)
            steps.push_back(choice.all(activity.tally({slot.first + at, std::min(step, slot.count - at)})));
        if (std::ranges::all_of(steps, &Truths::empty) && !judges_recordings() && !heard.timed) {
            judged.left_out += steps.size();
            return;
        }
        windows::read_window(window, run, start, recording.dimension, windowing.padding,
                             [&](std::int64_t first, std::span<float> values) {
                                 copy_frames(recording, static_cast<std::size_t>(first), values, path);
                             });
        score(window, steps.size());
        rows += steps.size();
        if (judges_recordings()) return;
        const std::int64_t begin = windowing.steps == 1 ? run.first + start : slot.first;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto first = static_cast<std::size_t>(begin + static_cast<std::int64_t>(i) * step);
            heard.take(steps[i], recording.times.empty() ? 0 : recording.times[first]);
        }
    };
    const auto count = static_cast<std::int64_t>(recording.size());
    windows::RunFinder finder;
    if ((windowing.frames > 1 || windowing.hop == 1) && !judges_recordings()) finder.push(recording.times);
    for (const windows::RowSpan& run : finder.runs(count)) {
        rows = 0;
        for (std::int64_t i = 0; i < windowing.count(run.count); ++i)
            judge_window(run, windowing.start(i, run.count));
        if (heard.timed && rows > 0) heard.add_stretch(recording.times, run, rows, frames_);
    }
    if (judges_recordings()) heard.whole = choice.all(activity.tally({0, count}));
}

/// The frames of a run. Those of the next one may begin before the last of them ends.
void Judge::Heard::add_stretch(std::span<const double> times, const windows::RowSpan& run, std::size_t rows,
                               const windows::FrameShape& frames) {
    const auto first = static_cast<std::size_t>(run.first),
               end = static_cast<std::size_t>(run.first + run.count);
    double end_s = times[end - 1] + frames.window_s - frames.lead_s;
    if (end < times.size()) end_s = std::min(end_s, times[end] + frames.lead_s);
    stretches.push_back({times[first] + frames.lead_s, end_s, rows});
}

bool Judge::check_frontend(const dataset::Recording& recording, const std::string& path) const {
    if (!model_.frontend.is_object() || !recording.frontend.is_object()) return false;
    const auto difference = frontend::frontend_difference(recording.frontend, model_.frontend);
    if (!difference.empty()) {
        throw MismatchError(fmt::format("{}: its frames differ from those that {} was trained on: {}", path,
                                        session_.model().directory(), difference));
    }
    return true;
}

void Judge::audio(const JudgedItem& item, audio::SourceOptions source, JudgedRecording& judged, Heard& heard,
                  const WindowScorer& score) {
    const auto& entry = *item.audio;
    const bool silent = item.background && !entry.labels_unusable && !entry.missing;  // it needs no labels
    if (!entry.timeline && !silent) throw Error(fmt::format("{}: {}", entry.audio, entry.problem));
    label::Timeline timeline = entry.timeline.value_or(label::Timeline{});
    heard.timed = timelines_ && !has_no_times(timeline, model_.background);
    heard.reference = timeline.events;
    if (item.background) dataset::fill_gaps(timeline, *item.background);
    std::set<std::string> distinct;
    for (const auto& event : timeline.events) distinct.insert(event.label);
    const std::vector<std::string> labels(distinct.begin(), distinct.end());
    std::vector<std::optional<std::size_t>> indices;
    for (const auto& label : labels) indices.push_back(index_of(label, entry.audio));

    windows::WindowStream& windows = session_.windows();
    source.rate_hz = windows.rate_hz();
    const auto opened = audio::open_source(entry.audio, source);
    dataset::FramingOptions framing;
    framing.name = entry.audio;
    framing.start_s = source.start_s;
    const auto grid = windows.grid().of_steps(session_.model().windowing().steps);
    dataset::FrameLabeller labeller(timeline, labels, grid.hop_s, grid.window_s);
    std::vector<Truths> steps;
    std::vector<std::optional<std::size_t>> sounding;
    const double heard_s = dataset::frame_recording(
        *opened, windows, framing, [&](auto window, double onset_s, double offset_s) {
            const std::size_t count = session_.steps_of(onset_s, offset_s);
            if (judges_recordings()) return score(window, count);
            const auto onset_of = [&](std::size_t i) {
                return onset_s + static_cast<double>(i) * grid.hop_s;
            };
            steps.clear();
            for (std::size_t i = 0; i < count; ++i) {
                const double end_s = count == 1 ? offset_s : std::min(onset_of(i) + grid.window_s, offset_s);
                const auto c = labeller.class_of(onset_of(i), end_s);
                sounding.clear();
                if (c >= 0) sounding.push_back(indices[static_cast<std::size_t>(c)]);
                for (const std::size_t other : labeller.overlapping()) sounding.push_back(indices[other]);
                steps.push_back(counted(sounding));
            }
            if (std::ranges::all_of(steps, &Truths::empty) && !heard.timed) {
                judged.left_out += count;
                return;
            }
            for (std::size_t i = 0; i < count; ++i) heard.take(steps[i], onset_of(i));
            score(window, count);
        });
    judged.damage = dataset::damage_texts(*opened);
    const double end_s = source.start_s + heard_s;
    if (judges_recordings()) heard.whole = labels_of(timeline, end_s, entry.audio);
    if (source.start_s > 0 || source.duration_s) {  // events may begin before, or go on
        for (auto& event : heard.reference) {
            event.onset_s = std::max(event.onset_s, source.start_s);
            event.offset_s = std::min(event.offset_s, end_s);
        }
    }
    if (!heard.truths.empty()) heard.stretches = {{source.start_s, end_s, heard.truths.size()}};
}

}  // namespace earshot::evaluate
