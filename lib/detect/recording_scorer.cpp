#include "detect/recording_scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dataset/framing.h"
#include "support/error.h"

namespace earshot::detect {
namespace {

constexpr std::size_t kMostTogether = 16;  // a crash loses at most this many per job

}  // namespace

std::size_t recordings_together(std::size_t count, std::size_t jobs) {
    return std::clamp<std::size_t>(count / (4 * jobs), 1, kMostTogether);
}

std::vector<bool> RecordingScores::lowest_of(const model::ModelFile& model) {
    std::vector<bool> lowest;
    for (const auto& label : model.labels)
        lowest.push_back(label == model.background || label == model.unknown);
    return lowest;
}

void RecordingScores::take(std::span<const float> window, const std::vector<bool>& lowest) {
    if (windows++ == 0) {
        scores.assign(window.begin(), window.end());
        return;
    }
    for (std::size_t c = 0; c < window.size(); ++c)
        scores[c] = lowest[c] ? std::min(scores[c], window[c]) : std::max(scores[c], window[c]);
}

RecordingScorer::RecordingScorer(std::shared_ptr<const model::Model> model, double overlap)
    : session_(std::move(model), overlap),
      windows_(session_.windows()),
      lowest_(RecordingScores::lowest_of(session_.model().file())) {}

std::vector<RecordingScores> RecordingScorer::score(std::span<const std::string> recordings,
                                                    audio::SourceOptions source) {
    source.rate_hz = windows_.rate_hz();
    std::vector<RecordingScores> all(recordings.size());
    const model::ScoreSink take = [&](std::size_t owner, std::span<const float> scores) {
        all[owner].take(scores, lowest_);
    };
    session_.reset();
    for (std::size_t i = 0; i < recordings.size(); ++i) {
        hear(recordings[i], source, all[i], [&](std::span<const float> window, std::size_t steps) {
            session_.score(i, window, steps, take);
        });
    }
    session_.flush(take);
    for (std::size_t i = 0; i < recordings.size(); ++i) {
        if (all[i].problem.empty() && all[i].windows == 0)
            all[i].problem =
                fmt::format("{}: too short for a window of {:g} s", recordings[i], windows_.grid().window_s);
    }
    return all;
}

void RecordingScorer::hear(const std::string& recording, const audio::SourceOptions& source,
                           RecordingScores& scores, const WindowScorer& sink) {
    try {
        const auto opened = audio::open_source(recording, source);
        dataset::FramingOptions framing;
        framing.name = recording;
        framing.start_s = source.start_s;
        dataset::frame_recording(*opened, windows_, framing,
                                 [&](auto window, double onset_s, double offset_s) {
                                     sink(window, session_.steps_of(onset_s, offset_s));
                                 });
        scores.damage = dataset::damage_texts(*opened);
    } catch (const UsageError&) {
        throw;
    } catch (const Error& error) {
        const std::string what = error.what();
        scores.problem = what.starts_with(recording) ? what : fmt::format("{}: {}", recording, what);
    }
}

}  // namespace earshot::detect
