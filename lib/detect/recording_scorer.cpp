#include "detect/recording_scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dataset/framing.h"
#include "detect/listener.h"
#include "support/error.h"

namespace earshot::detect {
namespace {

constexpr std::size_t kMostTogether = 16;  // few enough to lose in a crash

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

RecordingScorer::RecordingScorer(const std::string& directory, const model::ModelFile& model,
                                 std::unique_ptr<model::Scorer> scorer, double overlap)
    : frontend_(Listener::frontend_of(directory, model, overlap)),
      scorer_(std::move(scorer)),
      batches_(*scorer_),
      lowest_(RecordingScores::lowest_of(model)) {
    Listener::check_fit(directory, *scorer_, *frontend_);
}

std::vector<RecordingScores> RecordingScorer::score(std::span<const std::string> recordings,
                                                    audio::SourceOptions source) {
    source.rate_hz = frontend_->rate_hz();
    std::vector<RecordingScores> all(recordings.size());
    const ScoreSink take = [&](std::size_t owner, std::span<const float> scores) {
        all[owner].take(scores, lowest_);
    };
    batches_.reset();
    for (std::size_t i = 0; i < recordings.size(); ++i) {
        hear(recordings[i], source, all[i],
             [&](std::span<const float> window) { batches_.push(i, window, take); });
    }
    batches_.flush(take);
    for (std::size_t i = 0; i < recordings.size(); ++i) {
        if (all[i].problem.empty() && all[i].windows == 0)
            all[i].problem =
                fmt::format("{}: too short for a window of {:g} s", recordings[i], frontend_->window_s());
    }
    return all;
}

void RecordingScorer::hear(const std::string& recording, const audio::SourceOptions& source,
                           RecordingScores& scores,
                           const std::function<void(std::span<const float> window)>& sink) {
    try {
        const auto opened = audio::open_source(recording, source);
        dataset::FramingOptions framing;
        framing.name = recording;
        framing.start_s = source.start_s;
        dataset::frame_recording(*opened, *frontend_, framing,
                                 [&](auto window, double, double) { sink(window); });
        scores.damage = dataset::damage_texts(*opened);
    } catch (const UsageError&) {
        throw;
    } catch (const Error& error) {
        const std::string what = error.what();
        scores.problem = what.starts_with(recording) ? what : fmt::format("{}: {}", recording, what);
    }
}

}  // namespace earshot::detect
