#pragma once

#include <memory>
#include <vector>

#include "frontend/frontend.h"

namespace earshot::windows {

/// Another front end, whose frames follow each other without overlap, over windows that do overlap: frame i
/// is just the one that it makes of the N samples of a window from sample i · hop on, N being its own window.
/// So a model hears what it was trained on, more often. At the end, what follows the last whole window is
/// framed as the inner front end frames the end of a recording; samples before it count.
class OverlappedFrontend final : public frontend::Frontend {
 public:
    /// @param overlap  part of a window that the next one covers too, 0 <= overlap < 1; hops are whole
    /// samples
    /// @throws Error if the inner front end has overlapping windows of its own
    OverlappedFrontend(std::unique_ptr<frontend::Frontend> inner, double overlap);

    int rate_hz() const override { return inner_->rate_hz(); }
    std::size_t dimension() const override { return inner_->dimension(); }
    double hop_s() const override { return static_cast<double>(hop_) / rate_hz(); }
    double window_s() const override { return inner_->window_s(); }

    void push(std::span<const float> samples, const frontend::FrameSink& sink) override;
    void finish(const frontend::FrameSink& sink) override;
    void reset() override;

    nlohmann::ordered_json settings() const override { return inner_->settings(); }

 private:
    template <class Action>
    void reset_if_thrown(Action&& action);
    frontend::FrameSink at_own_time(const frontend::FrameSink& sink);

    std::unique_ptr<frontend::Frontend> inner_;
    std::size_t window_, hop_;    // samples
    std::vector<float> pending_;  // from the beginning of the next window on
    std::int64_t frames_ = 0;
};

}  // namespace earshot::windows
