#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "capture/live_source.h"
#include "live/live_sink.h"
#include "view/display_meter.h"
#include "view/screen.h"
#include "view/sound_picture.h"

namespace earshot::view {

/// What a view shows and controls. Called on the listening thread, except statistics(), is_paused() and
/// is_lost(), which must be thread-safe.
class ViewControl {
 public:
    virtual ~ViewControl() = default;
    virtual void quit() = 0;
    virtual void pause(bool paused) = 0;
    virtual void set_threshold(std::size_t label, double threshold) = 0;
    /// Saves the last seconds. @return a message for people
    virtual std::string save() = 0;

    virtual capture::CaptureStatistics statistics() const = 0;
    virtual bool is_paused() const = 0;
    virtual bool is_lost() const = 0;
};

struct ViewOptions {
    std::string device, model;
    int rate_hz = 0;
    std::vector<std::string> labels;  // of the model
    std::vector<double> thresholds;   // of each label; NaN if it makes no events
};

/// Shows the live run on a terminal: level, waveform, spectrogram, scores and events. Draws on its own
/// thread, so that the listening thread only copies data.
class LiveView : public live::LiveSink {
 public:
    /// Draws on our own terminal. @throws Error if that is not possible
    LiveView(ViewOptions options, ViewControl& control);
    LiveView(ViewOptions options, ViewControl& control, std::unique_ptr<Screen> screen);
    ~LiveView() override;

    void samples(std::int64_t position, UtcTime time, std::span<const float> samples) override;
    void scores(std::span<const float> scores) override;
    void starts(const live::LiveEvent& event) override;
    void ends(const live::LiveEvent& event) override;
    void gap(const live::LiveGap& gap) override;
    void turn() override;

    /// Shows a message. Thread-safe.
    void say(const std::string& message);

 private:
    static constexpr std::size_t kMaxLog = 500;

    struct LogLine {
        UtcTime time;
        std::string label;
        double duration_s;
        double score;
        bool sounding;  // not ended yet
        bool gap;
    };
    struct Row {  // of the table of labels
        std::size_t label;
        float score;
    };

    void run();
    void take_over();
    void act(int key);
    void act_in_filter(int key);
    void command(std::function<void()> work);
    void shift_thresholds(double by);
    bool passes(const std::string& label) const;
    std::vector<Row> best_labels() const;

    void draw();
    void draw_title();
    void draw_level(int row);
    void draw_waveform(int row, int rows);
    void draw_spectrogram(int row, int rows);
    void draw_labels(int row, int rows);
    void draw_log(int row, int rows);
    void draw_keys(int row);

    const ViewOptions options_;
    ViewControl& control_;

    std::mutex mutex_;  // guards the members down to heard_s_, which both threads use
    std::vector<float> new_samples_;
    std::vector<float> new_scores_;
    std::deque<LogLine> log_;  // the newest first
    std::string message_;
    std::chrono::steady_clock::time_point message_until_;
    std::deque<std::function<void()>> commands_;
    double heard_s_ = 0;

    // Used only by the drawing thread.
    std::unique_ptr<Screen> screen_;
    DisplayMeter meter_;
    SoundPicture picture_;
    std::vector<float> scores_;
    std::vector<double> thresholds_;
    std::vector<float> taken_;
    std::string filter_;
    bool in_filter_ = false;
    std::ptrdiff_t selected_ = -1;  // label; -1: all
    std::atomic<bool> stop_ = false;
    std::jthread thread_;
};

}  // namespace earshot::view
