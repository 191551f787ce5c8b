#include "detect/score_recording.h"

#include <algorithm>

namespace earshot {
namespace {

constexpr std::size_t kBatchWindows = 256;
constexpr std::size_t kBatchValues = std::size_t{1} << 20;  // 4 MiB, for windows of raw samples
constexpr std::size_t kBlockSamples = 4096;

std::size_t batch_windows(const Scorer& scorer) {
    return std::clamp(kBatchValues / std::max<std::size_t>(1, scorer.window_values()), std::size_t{1},
                      kBatchWindows);
}

}  // namespace

BatchScorer::BatchScorer(Scorer& scorer)
    : scorer_(scorer),
      capacity_(batch_windows(scorer)),
      windows_(capacity_ * scorer.window_values()),
      scores_(capacity_ * scorer.classes()) {}

void BatchScorer::push(std::span<const float> window, const ScoreSink& sink) {
    std::ranges::copy(window, windows_.begin() + static_cast<std::ptrdiff_t>(count_ * window.size()));
    if (++count_ == capacity_) flush(sink);
}

void BatchScorer::flush(const ScoreSink& sink) {
    const std::size_t count = std::exchange(count_, 0);
    if (count == 0) return;
    const std::size_t classes = scorer_.classes();
    const auto scores = std::span(scores_).first(count * classes);
    scorer_.score(std::span(windows_).first(count * scorer_.window_values()), count, scores);
    for (std::size_t i = 0; i < count; ++i) sink(scores.subspan(i * classes, classes));
}

Scored score_recording(Source& source, Frontend& frontend, BatchScorer& scorer, const ScoringOptions& options,
                       const ScoreSink& sink) {
    std::int64_t samples = 0;
    Scored scored;
    const double rate_hz = source.format().rate_hz;
    const FrameSink take = [&](std::span<const float> frame, double) {
        ++scored.windows;
        scorer.push(frame, sink);
    };
    try {
        for (auto block = source.read(kBlockSamples); !block.empty(); block = source.read(kBlockSamples)) {
            frontend.push(block, take);
            samples += static_cast<std::int64_t>(block.size());
            if (options.live) scorer.flush(sink);
            if (options.progress) options.progress(static_cast<double>(samples) / rate_hz);
        }
        frontend.finish(take);
        scorer.flush(sink);
    } catch (...) {
        frontend.reset();
        scorer.reset();
        throw;
    }
    scored.duration_s = static_cast<double>(samples) / rate_hz;
    return scored;
}

}  // namespace earshot
