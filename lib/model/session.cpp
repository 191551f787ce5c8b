#include "model/session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "support/error.h"

namespace earshot::model {
namespace {

constexpr double kRounding = 1e-6;                          // of a step
constexpr std::size_t kBatchValues = std::size_t{1} << 20;  // 4 MiB, which windows of raw samples reach

std::size_t batch_windows(const Scorer& scorer) {
    const std::size_t fitting = kBatchValues / std::max<std::size_t>(1, scorer.window_values());
    return std::clamp(fitting, std::size_t{1}, Session::kMaxWindows);
}

}  // namespace

Session::Session(std::shared_ptr<const Model> model, double overlap)
    : model_(std::move(model)),
      overlap_(overlap),
      capacity_(batch_windows(model_->scorer())),
      windows_(capacity_ * model_->scorer().window_values()),
      scores_(capacity_ * model_->scorer().steps() * model_->scorer().classes()),
      places_(capacity_) {}

windows::WindowStream& Session::windows() {
    if (stream_) return *stream_;
    model_->grid(overlap_);  // says what is wrong, if anything
    frontend_ = model_->frontend();
    auto windowing = model_->windowing();
    windowing.overlap = overlap_;
    return stream_.emplace(*frontend_, windowing);
}

std::size_t Session::steps_of(double onset_s, double offset_s) const {
    const std::size_t steps = model_->scorer().steps();
    if (steps == 1) return 1;
    const auto grid = model_->grid(overlap_);
    const double covered_s = offset_s - onset_s - (grid.window_s - grid.hop_s);
    const auto begun = static_cast<std::int64_t>(std::ceil(covered_s / grid.hop_s - kRounding));
    return static_cast<std::size_t>(std::clamp<std::int64_t>(begun, 1, static_cast<std::int64_t>(steps)));
}

void Session::score(std::size_t owner, std::span<const float> window, std::size_t steps,
                    const ScoreSink& sink) {
    if (window.size() != model_->scorer().window_values()) throw Error("session: a window of another size");
    std::ranges::copy(window, windows_.begin() + static_cast<std::ptrdiff_t>(count_ * window.size()));
    places_[count_] = {owner, steps};
    if (++count_ == capacity_) flush(sink);
}

void Session::flush(const ScoreSink& sink) {
    const std::size_t count = std::exchange(count_, 0);
    if (count == 0) return;
    const Scorer& scorer = model_->scorer();
    const std::size_t classes = scorer.classes(), values = scorer.steps() * classes;
    const auto scores = std::span(scores_).first(count * values);
    scorer.score(std::span(windows_).first(count * scorer.window_values()), count, scores);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t step = 0; step < places_[i].steps; ++step)
            sink(places_[i].owner, scores.subspan(i * values + step * classes, classes));
    }
}

}  // namespace earshot::model
