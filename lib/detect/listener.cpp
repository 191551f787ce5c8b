#include "detect/listener.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "dataset/framing.h"
#include "detect/score_table.h"
#include "support/error.h"

namespace earshot {
namespace {

WindowGrid grid_of(const Frontend& frontend, double start_s) {
    return {frontend.hop_s(), frontend.window_s(), start_s};
}

}  // namespace

std::unique_ptr<Frontend> Listener::frontend_of(const std::string& directory, const ModelFile& model) {
    if (model.frontend.is_null()) {
        throw Error(fmt::format(
            "{}: the model does not know how its frames were computed, since the datasets that it "
            "was trained on do not say (make them with earshot datagen, and train again)",
            directory));
    }
    try {
        return make_frontend(model.frontend);
    } catch (const Error& error) {
        throw Error(fmt::format("{}/model.json: {}", directory, error.what()));
    }
}

Listener::Listener(const std::string& directory, const ModelFile& model, std::unique_ptr<Scorer> scorer,
                   std::vector<EventRule> rules, double start_s)
    : frontend_(frontend_of(directory, model)),
      scorer_(std::move(scorer)),
      labels_(model.labels),
      grid_(grid_of(*frontend_, start_s)),
      batches_(*scorer_),
      detector_(std::move(rules), grid_) {
    if (scorer_->window_values() != frontend_->dimension()) {
        throw Error(
            fmt::format("{}/model.json: the network takes windows of {} numbers, but its front end makes {}",
                        directory, scorer_->window_values(), frontend_->dimension()));
    }
}

Heard Listener::listen(Source& source, const ListenOptions& options, const EventDetector::Sink& sink) {
    batches_.reset();  // what a recording that failed has left behind
    detector_.reset();
    std::optional<ScoreTable> table;
    if (options.scores) table.emplace(*options.scores, labels_, grid_);
    Heard heard;
    heard.mean_scores.resize(labels_.size());
    const ScoreSink take = [&](std::span<const float> scores) {
        ++heard.windows;
        for (std::size_t c = 0; c < scores.size(); ++c)
            heard.mean_scores[c] += static_cast<double>(scores[c]);
        detector_.push(scores, sink);  // first, since it refuses what is no number
        if (table) table->push(scores);
    };
    FramingOptions framing;
    framing.name = options.name;
    framing.start_s = grid_.start_s;
    framing.interrupt_ends = options.live;
    framing.progress = [&](double heard_s) {
        if (options.live) batches_.flush(take);
        if (options.progress) options.progress(heard_s);
    };
    const double duration_s = frame_recording(
        source, *frontend_, framing, [&](auto frame, double, double) { batches_.push(frame, take); });
    batches_.flush(take);
    heard.end_s = grid_.start_s + duration_s;
    detector_.finish(heard.end_s, sink);
    if (table) table->finish(heard.end_s);
    for (double& mean : heard.mean_scores)
        mean /= static_cast<double>(std::max<std::int64_t>(1, heard.windows));
    return heard;
}

}  // namespace earshot
