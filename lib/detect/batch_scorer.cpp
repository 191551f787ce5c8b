#include "detect/batch_scorer.h"

#include <algorithm>
#include <utility>

#include "support/error.h"

namespace earshot::detect {
namespace {

constexpr std::size_t kBatchValues = std::size_t{1} << 20;  // 4 MiB, which windows of raw samples reach

std::size_t batch_windows(const model::Scorer& scorer) {
    const std::size_t fitting = kBatchValues / std::max<std::size_t>(1, scorer.window_values());
    return std::clamp(fitting, std::size_t{1}, BatchScorer::kMaxWindows);
}

}  // namespace

BatchScorer::BatchScorer(model::Scorer& scorer)
    : scorer_(scorer),
      capacity_(batch_windows(scorer)),
      windows_(capacity_ * scorer.window_values()),
      scores_(capacity_ * scorer.classes()),
      owners_(capacity_) {}

void BatchScorer::push(std::size_t owner, std::span<const float> window, const ScoreSink& sink) {
    if (window.size() != scorer_.window_values()) throw Error("batch scorer: a window of another size");
    std::ranges::copy(window, windows_.begin() + static_cast<std::ptrdiff_t>(count_ * window.size()));
    owners_[count_] = owner;
    if (++count_ == capacity_) flush(sink);
}

void BatchScorer::flush(const ScoreSink& sink) {
    const std::size_t count = std::exchange(count_, 0);
    if (count == 0) return;
    const std::size_t classes = scorer_.classes();
    const auto scores = std::span(scores_).first(count * classes);
    scorer_.score(std::span(windows_).first(count * scorer_.window_values()), count, scores);
    for (std::size_t i = 0; i < count; ++i) sink(owners_[i], scores.subspan(i * classes, classes));
}

}  // namespace earshot::detect
