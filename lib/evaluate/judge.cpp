#include "evaluate/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "dataset/class_runs.h"
#include "dataset/framing.h"
#include "dataset/recording.h"
#include "detect/listener.h"
#include "detect/recording_scorer.h"
#include "windows/windows.h"

namespace earshot::evaluate {

Judge::Judge(std::string directory, const model::ModelFile& model, std::unique_ptr<model::Scorer> scorer,
             std::vector<std::string> leave_out, std::vector<std::string> tags)
    : directory_(std::move(directory)),
      model_(model),
      scorer_(std::move(scorer)),
      batches_(*scorer_),
      leave_out_(std::move(leave_out)),
      tags_(std::move(tags)),
      unseen_(leave_out_.begin(), leave_out_.end()) {
    for (const auto& label : model_.labels) unseen_.erase(label);
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
            fmt::format("{}: label '{}' is none of {}'s: {} (leave its windows out with --leave-out '{}')",
                        file, label, directory_, fmt::join(model_.labels, ", "), label));
    }
    return static_cast<std::size_t>(found - model_.labels.begin());
}

void Judge::check_dimension(std::size_t dimension, const std::string& file) const {
    if (dimension == scorer_->window_values()) return;
    throw MismatchError(fmt::format("{}: frames of {} numbers, but {} takes {}", file, dimension, directory_,
                                    scorer_->window_values()));
}

/// Of a recording as a whole: what is heard in it longest but the background, else that, if it is there at
/// all.
std::optional<std::size_t> Judge::class_of(const label::Timeline& timeline, double duration_s,
                                           const std::string& file) {
    std::map<std::string, double> seconds;
    for (const auto& event : timeline.events)
        seconds[event.label] += std::min(event.offset_s, duration_s) - std::min(event.onset_s, duration_s);
    std::erase_if(seconds, [](const auto& label) { return label.second <= 0; });
    if (seconds.size() > 1) seconds.erase(model_.background);
    const auto longest =
        std::ranges::max_element(seconds, {}, [](const auto& label) { return label.second; });
    return longest == seconds.end() ? std::nullopt : index_of(longest->first, file);
}

void Judge::fold(JudgedRecording& judged, std::optional<std::size_t> truth) const {
    const std::size_t classes = model_.labels.size();
    const auto lowest = detect::RecordingScores::lowest_of(model_);
    detect::RecordingScores whole;
    for (std::size_t at = 0; at < judged.scores.size(); at += classes)
        whole.take(std::span(judged.scores).subspan(at, classes), lowest);
    const bool counts = truth && whole.windows > 0;
    judged.left_out = counts ? 0 : 1;
    judged.truths.assign(counts ? 1 : 0, truth.value_or(0));
    judged.onsets_s.assign(counts ? 1 : 0, 0);
    judged.scores = counts ? std::move(whole.scores) : std::vector<float>();
}

std::vector<JudgedRecording> Judge::judge(std::span<const JudgedItem> items,
                                          const audio::SourceOptions& source) {
    std::vector<JudgedRecording> all(items.size());
    std::vector<std::optional<std::size_t>> wholes(items.size());
    const detect::ScoreSink keep = [&](std::size_t owner, std::span<const float> scores) {
        auto& kept = all[owner].scores;
        kept.insert(kept.end(), scores.begin(), scores.end());
    };
    batches_.reset();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& item = items[i];
        const WindowSink score = [&](std::span<const float> window) { batches_.push(i, window, keep); };
        try {
            wholes[i] = item.audio ? audio(item, source, all[i], score) : dataset(item, all[i], score);
        } catch (const MismatchError&) {
            throw;
        } catch (const Error& error) {
            all[i].problem = error.what();
        }
    }
    batches_.flush(keep);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!all[i].problem.empty()) {
            JudgedRecording nothing;
            nothing.problem = std::move(all[i].problem);
            all[i] = std::move(nothing);
        } else if (judges_recordings()) {
            fold(all[i], wholes[i]);
        }
    }
    return all;
}

std::optional<std::size_t> Judge::dataset(const JudgedItem& item, JudgedRecording& judged,
                                          const WindowSink& score) {
    const auto& path = item.path;
    const auto recording = dataset::read_recording(path);
    judged.frontend_checked = model_.frontend.is_object() && recording.frontend.is_object();
    if (judged.frontend_checked) {
        const auto difference = frontend::frontend_difference(recording.frontend, model_.frontend);
        if (!difference.empty()) {
            throw MismatchError(fmt::format("{}: its frames are not those that {} was trained on: {}", path,
                                            directory_, difference));
        }
    }
    for (const auto& label : recording.labels) unseen_.erase(label);
    const auto windowing =
        model_.window.is_null() ? windows::Windowing() : windows::windowing_from_json(model_.window);
    const auto frames = static_cast<std::size_t>(windowing.frames);
    check_dimension(frames * recording.dimension, path);
    std::vector<std::optional<std::size_t>> indices(recording.labels.size());
    for (std::size_t c = 0; c < indices.size(); ++c) {  // labels that no window has need not be known
        if (std::ranges::find(recording.classes, static_cast<std::int64_t>(c)) == recording.classes.end())
            continue;
        indices[c] = index_of(recording.labels[c], path);
    }
    const auto unlabelled = item.background ? index_of(*item.background, path) : std::nullopt;
    dataset::ClassRuns classes;
    classes.add(recording.classes);
    const auto known = [&](std::int64_t c) {
        return c < 0 ? unlabelled : indices[static_cast<std::size_t>(c)];
    };
    std::vector<float> window(frames * recording.dimension);
    const auto judge_window = [&](const windows::RowSpan& run, std::int64_t start) {
        const auto slot = windowing.slot(start, run);
        const auto truth = known(classes.dominant(slot.first, slot.count));
        if (!truth && !judges_recordings()) {
            ++judged.left_out;
            return;
        }
        const auto first = static_cast<std::size_t>(run.first + start);
        const auto there = std::min(frames, static_cast<std::size_t>(run.count - start));
        for (std::size_t k = 0; k < there; ++k) {
            const auto frame = recording.frame(first + k);
            if (!std::ranges::all_of(frame, [](float value) { return std::isfinite(value); })) {
                throw Error(
                    fmt::format("{}: row {} of its samples holds what is no number", path, first + k));
            }
            std::ranges::copy(frame, window.begin() + static_cast<std::ptrdiff_t>(k * recording.dimension));
        }
        windows::pad_window(window, there, recording.dimension, windowing.padding);
        score(window);
        if (judges_recordings()) return;
        judged.truths.push_back(*truth);
        judged.onsets_s.push_back(recording.times.empty() ? 0 : recording.times[first]);
    };
    windows::RunFinder finder;
    if (frames > 1 && !judges_recordings()) finder.push(recording.times);
    for (const windows::RowSpan& run : finder.runs(classes.rows())) {
        for (std::int64_t i = 0; i < windowing.count(run.count); ++i)
            judge_window(run, windowing.start(i, run.count));
    }
    if (!judges_recordings()) return std::nullopt;
    const auto found = std::ranges::find(recording.labels, model_.background);
    const auto silence = found == recording.labels.end() ? -1 : found - recording.labels.begin();
    return known(classes.of_recording(silence));
}

std::optional<std::size_t> Judge::audio(const JudgedItem& item, audio::SourceOptions source,
                                        JudgedRecording& judged, const WindowSink& score) {
    const auto& entry = *item.audio;
    const bool silent = item.background && !entry.labels_unusable && !entry.missing;  // it needs no labels
    if (!entry.timeline && !silent) throw Error(fmt::format("{}: {}", entry.audio, entry.problem));
    label::Timeline timeline = entry.timeline.value_or(label::Timeline{});
    if (item.background) dataset::fill_gaps(timeline, *item.background);
    std::set<std::string> distinct;
    for (const auto& event : timeline.events) distinct.insert(event.label);
    const std::vector<std::string> labels(distinct.begin(), distinct.end());
    std::vector<std::optional<std::size_t>> indices;
    for (const auto& label : labels) indices.push_back(index_of(label, entry.audio));

    if (!frontend_) frontend_ = detect::Listener::frontend_of(directory_, model_);
    check_dimension(frontend_->dimension(), directory_ + "/model.json");
    source.rate_hz = frontend_->rate_hz();
    const auto opened = audio::open_source(entry.audio, source);
    dataset::FramingOptions framing;
    framing.name = entry.audio;
    framing.start_s = source.start_s;
    dataset::FrameLabeller labeller(timeline, labels, frontend_->hop_s());
    const double heard_s = dataset::frame_recording(
        *opened, *frontend_, framing, [&](auto frame, double onset_s, double offset_s) {
            if (judges_recordings()) return score(frame);
            const auto c = labeller.class_of(onset_s, offset_s);
            const auto truth = c < 0 ? std::nullopt : indices[static_cast<std::size_t>(c)];
            if (!truth) {
                ++judged.left_out;
                return;
            }
            judged.truths.push_back(*truth);
            judged.onsets_s.push_back(onset_s);
            score(frame);
        });
    judged.damage = dataset::damage_texts(*opened);
    if (!judges_recordings()) return std::nullopt;
    return class_of(timeline, source.start_s + heard_s, entry.audio);
}

}  // namespace earshot::evaluate
