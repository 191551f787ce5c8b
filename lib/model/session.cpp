#include "model/session.h"

#include <algorithm>
#include <utility>

#include "support/error.h"

namespace earshot::model {
namespace {

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
      scores_(capacity_ * model_->scorer().classes()),
      owners_(capacity_) {}

windows::WindowStream& Session::windows() {
    if (stream_) return *stream_;
    model_->grid(overlap_);  // says what is wrong, if anything
    frontend_ = model_->frontend();
    auto windowing = model_->windowing();
    windowing.overlap = overlap_;
    return stream_.emplace(*frontend_, windowing);
}

void Session::score(std::size_t owner, std::span<const float> window, const ScoreSink& sink) {
    if (window.size() != model_->scorer().window_values()) throw Error("session: a window of another size");
    std::ranges::copy(window, windows_.begin() + static_cast<std::ptrdiff_t>(count_ * window.size()));
    owners_[count_] = owner;
    if (++count_ == capacity_) flush(sink);
}

void Session::flush(const ScoreSink& sink) {
    const std::size_t count = std::exchange(count_, 0);
    if (count == 0) return;
    const Scorer& scorer = model_->scorer();
    const auto scores = std::span(scores_).first(count * scorer.classes());
    scorer.score(std::span(windows_).first(count * scorer.window_values()), count, scores);
    for (std::size_t i = 0; i < count; ++i)
        sink(owners_[i], scores.subspan(i * scorer.classes(), scorer.classes()));
}

}  // namespace earshot::model
