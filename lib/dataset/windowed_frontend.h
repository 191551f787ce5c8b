#pragma once

#include <deque>
#include <memory>

#include "dataset/windows.h"
#include "frontend/frontend.h"

namespace earshot {

/// A front end whose frames are windows of another's frames: K·D numbers, K frames one after the other. To
/// what detects or judges, a model of windows so looks like a model of frames.
class WindowedFrontend final : public Frontend {
 public:
    WindowedFrontend(std::unique_ptr<Frontend> inner, const Windowing& windowing);

    int rate_hz() const override { return inner_->rate_hz(); }
    std::size_t dimension() const override;
    double hop_s() const override { return static_cast<double>(windowing_.hop) * inner_->hop_s(); }
    double window_s() const override {
        return static_cast<double>(windowing_.frames - 1) * inner_->hop_s() + inner_->window_s();
    }

    void push(std::span<const float> samples, const FrameSink& sink) override;
    void flush(const FrameSink& sink) override;
    void finish(const FrameSink& sink) override;
    void reset() override;

    nlohmann::ordered_json settings() const override { return inner_->settings(); }

 private:
    FrameSink cut(const FrameSink& sink);

    std::unique_ptr<Frontend> inner_;
    Windowing windowing_;
    WindowCutter cutter_;
    double first_onset_s_ = 0;  // of the recording's first frame
    std::int64_t frames_ = 0;   // of the recording so far
};

}  // namespace earshot
