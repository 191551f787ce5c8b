#pragma once

#include <deque>
#include <memory>

#include "frontend/frontend.h"
#include "windows/windows.h"

namespace earshot::windows {

/// A front end whose frames are windows of another's frames: K·D numbers, K frames one after the other. To
/// what detects or judges, a model of windows so looks like a model of frames.
class WindowedFrontend final : public frontend::Frontend {
 public:
    WindowedFrontend(std::unique_ptr<frontend::Frontend> inner, const Windowing& windowing);

    int rate_hz() const override { return inner_->rate_hz(); }
    std::size_t dimension() const override;
    double hop_s() const override { return static_cast<double>(windowing_.hop) * inner_->hop_s(); }
    double window_s() const override {
        return static_cast<double>(windowing_.frames - 1) * inner_->hop_s() + inner_->window_s();
    }

    void push(std::span<const float> samples, const frontend::FrameSink& sink) override;
    void flush(const frontend::FrameSink& sink) override;
    void finish(const frontend::FrameSink& sink) override;
    void reset() override;

    nlohmann::ordered_json settings() const override { return inner_->settings(); }

 private:
    frontend::FrameSink cut(const frontend::FrameSink& sink);

    std::unique_ptr<frontend::Frontend> inner_;
    Windowing windowing_;
    WindowCutter cutter_;
    double first_onset_s_ = 0;  // of the recording's first frame
    std::int64_t frames_ = 0;   // of the recording so far
};

}  // namespace earshot::windows
