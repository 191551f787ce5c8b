#include "detect/listener.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "dataset/framing.h"
#include "detect/score_table.h"

namespace earshot::detect {

Listener::Listener(std::shared_ptr<const model::Model> model, EventRules rules, double overlap)
    : session_(std::move(model), overlap),
      windows_(session_.windows()),
      labels_(session_.model().file().labels),
      grid_(session_.model().grid(overlap)),
      levels_(grid_, windows_.rate_hz()),
      finder_(std::move(rules), labels_.size(), grid_) {}

Heard Listener::listen(audio::Source& source, const ListenOptions& options, const EventDetector::Sink& sink) {
    grid_.start_s = options.start_s;
    session_.reset();  // left over from a recording that failed
    levels_.reset();
    finder_.begin({options.start_s, options.live, options.on_start, options.on_reject, options.on_candidate});
    std::optional<ScoreTable> table;
    if (options.scores) table.emplace(*options.scores, labels_, grid_);
    Heard heard;
    heard.mean_scores.resize(labels_.size());
    const model::ScoreSink take = [&](std::size_t, std::span<const float> scores) {
        ++heard.windows;
        for (std::size_t c = 0; c < scores.size(); ++c)
            heard.mean_scores[c] += static_cast<double>(scores[c]);
        finder_.push(scores, finder_.needs_level() ? static_cast<double>(levels_.next()) : 0,
                     sink);  // first, since it rejects NaN
        if (table) table->push(scores);
        if (options.on_scores) options.on_scores(scores);
    };
    dataset::FramingOptions framing;
    framing.name = options.name;
    framing.start_s = grid_.start_s;
    framing.interrupt_ends = options.live;
    framing.samples = [&](std::span<const float> samples) {
        if (finder_.needs_level()) levels_.push(samples);
        if (options.on_samples) options.on_samples(samples);
    };
    framing.progress = [&](double heard_s) {
        if (options.live) session_.flush(take);
        if (options.progress) options.progress(heard_s);
    };
    const double duration_s = dataset::frame_recording(
        source, windows_, framing, [&](auto window, double onset_s, double offset_s) {
            session_.score(0, window, session_.steps_of(onset_s, offset_s), take);
        });
    session_.flush(take);
    heard.end_s = grid_.start_s + duration_s;
    finder_.finish(heard.end_s, sink);
    if (table) table->finish(heard.end_s);
    for (double& mean : heard.mean_scores)
        mean /= static_cast<double>(std::max<std::int64_t>(1, heard.windows));
    return heard;
}

void Listener::set_thresholds(std::size_t class_index, double on_threshold, double off_threshold) {
    finder_.set_thresholds(class_index, on_threshold, off_threshold);
}

}  // namespace earshot::detect
