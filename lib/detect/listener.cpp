#include "detect/listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "dataset/framing.h"
#include "detect/score_table.h"
#include "support/error.h"
#include "windows/overlapped.h"
#include "windows/windowed_frontend.h"

namespace earshot::detect {
namespace {

windows::WindowGrid grid_of(const frontend::Frontend& frontend, const model::ModelFile& model) {
    return {frontend.hop_s(), frontend.window_s(), 0, model.target == model::Target::recording};
}

}  // namespace

std::unique_ptr<frontend::Frontend> Listener::frontend_of(const std::string& directory,
                                                          const model::ModelFile& model, double overlap) {
    if (model.frontend.is_null()) {
        throw Error(fmt::format(
            "{}: the model does not know how its frames were computed, since the datasets that it "
            "was trained on do not say (make them with earshot datagen, and train again)",
            directory));
    }
    try {
        auto frontend = frontend::make_frontend(model.frontend);
        if (!model.window.is_null()) {
            auto windowing = windows::windowing_from_json(model.window);
            if (overlap > 0) {
                const auto frames = static_cast<double>(windowing.frames);
                windowing.hop = std::max<std::int64_t>(1, std::llround((1 - overlap) * frames));
            }
            return std::make_unique<windows::WindowedFrontend>(std::move(frontend), windowing);
        }
        if (overlap > 0)
            frontend = std::make_unique<windows::OverlappedFrontend>(std::move(frontend), overlap);
        return frontend;
    } catch (const Error& error) {
        throw Error(fmt::format("{}/model.json: {}", directory, error.what()));
    }
}

double Listener::event_overlap(const model::ModelFile& model, double overlap) {
    constexpr double kFine = 0.96;  // of 2.5 s, a window every 0.1 s
    return overlap == 0 && model.target == model::Target::recording ? kFine : overlap;
}

Listener::Listener(const std::string& directory, const model::ModelFile& model,
                   std::unique_ptr<model::Scorer> scorer, EventRules rules, double overlap)
    : frontend_(frontend_of(directory, model, overlap)),
      scorer_(std::move(scorer)),
      labels_(model.labels),
      grid_(grid_of(*frontend_, model)),
      batches_(*scorer_),
      min_level_dbfs_(rules.min_level_dbfs),
      any_sound_(rules.classes.size() > labels_.size()),
      levels_(grid_, frontend_->rate_hz()),
      gated_(rules.classes.size()),
      detector_(std::move(rules.classes), grid_) {
    check_fit(directory, *scorer_, *frontend_);
}

void Listener::check_fit(const std::string& directory, const model::Scorer& scorer,
                         const frontend::Frontend& frontend) {
    if (scorer.window_values() == frontend.dimension()) return;
    throw Error(
        fmt::format("{}/model.json: the network takes windows of {} numbers, but its front end makes {}",
                    directory, scorer.window_values(), frontend.dimension()));
}

Heard Listener::listen(audio::Source& source, const ListenOptions& options, const EventDetector::Sink& sink) {
    grid_.start_s = options.start_s;
    batches_.reset();  // what a recording that failed has left behind
    levels_.reset();
    detector_.begin({options.start_s, options.live, options.on_start});
    std::optional<ScoreTable> table;
    if (options.scores) table.emplace(*options.scores, labels_, grid_);
    Heard heard;
    heard.mean_scores.resize(labels_.size());
    const ScoreSink take = [&](std::size_t, std::span<const float> scores) {
        ++heard.windows;
        for (std::size_t c = 0; c < scores.size(); ++c)
            heard.mean_scores[c] += static_cast<double>(scores[c]);
        detector_.push(gated(scores), sink);  // first, since it refuses what is no number
        if (table) table->push(scores);
        if (options.on_scores) options.on_scores(scores);
    };
    dataset::FramingOptions framing;
    framing.name = options.name;
    framing.start_s = grid_.start_s;
    framing.interrupt_ends = options.live;
    framing.samples = [&](std::span<const float> samples) {
        if (min_level_dbfs_) levels_.push(samples);
        if (options.on_samples) options.on_samples(samples);
    };
    framing.progress = [&](double heard_s) {
        if (options.live) batches_.flush(take);
        if (options.progress) options.progress(heard_s);
    };
    const double duration_s = dataset::frame_recording(
        source, *frontend_, framing, [&](auto frame, double, double) { batches_.push(0, frame, take); });
    batches_.flush(take);
    heard.end_s = grid_.start_s + duration_s;
    detector_.finish(heard.end_s, sink);
    if (table) table->finish(heard.end_s);
    for (double& mean : heard.mean_scores)
        mean /= static_cast<double>(std::max<std::int64_t>(1, heard.windows));
    return heard;
}

void Listener::set_thresholds(std::size_t class_index, double on_threshold, double off_threshold) {
    detector_.set_thresholds(class_index, on_threshold, off_threshold);
}

std::span<const float> Listener::gated(std::span<const float> scores) {
    if (!min_level_dbfs_) return scores;
    const float loud = static_cast<double>(levels_.next()) >= *min_level_dbfs_ ? 1 : 0;
    std::ranges::transform(scores, gated_.begin(), [&](float score) { return score * loud; });  // NaN stays
    if (any_sound_) gated_.back() = loud;
    return gated_;
}

}  // namespace earshot::detect
