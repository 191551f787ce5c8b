#include "view/live_view.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <ctime>
#include <utility>

#include "view/terminal.h"

namespace earshot::view {
namespace {

using namespace std::chrono_literals;

constexpr int kFrame_ms = 50;  // between frames
constexpr auto kMessage = 4s;  // how long a message is shown
constexpr double kThresholdStep = 0.05;

/// Blocks all signals except those that drawing on a terminal needs.
void leave_signals_to_others() {
    sigset_t others;
    sigfillset(&others);
    for (const int number : {SIGWINCH, SIGTSTP, SIGCONT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        sigdelset(&others, number);
    pthread_sigmask(SIG_BLOCK, &others, nullptr);
}

}  // namespace

LiveView::LiveView(ViewOptions options, ViewControl& control)
    : LiveView(std::move(options), control, std::make_unique<Terminal>()) {}

LiveView::LiveView(ViewOptions options, ViewControl& control, std::unique_ptr<Screen> screen)
    : options_(std::move(options)),
      control_(control),
      screen_(std::move(screen)),
      meter_(options_.rate_hz),
      picture_(options_.rate_hz),
      thresholds_(options_.thresholds),
      thread_([this] { run(); }) {}

LiveView::~LiveView() {
    stop_ = true;
    thread_.join();
}

void LiveView::samples(std::int64_t, UtcTime, std::span<const float> samples) {
    const std::lock_guard lock(mutex_);
    // If drawing falls behind, more than this is never shown.
    const auto most = static_cast<std::size_t>(options_.rate_hz) * 4;
    if (new_samples_.size() < most) new_samples_.insert(new_samples_.end(), samples.begin(), samples.end());
    heard_s_ += static_cast<double>(samples.size()) / options_.rate_hz;
}

void LiveView::scores(std::span<const float> scores) {
    const std::lock_guard lock(mutex_);
    new_scores_.assign(scores.begin(), scores.end());
}

void LiveView::starts(const live::LiveEvent& event) {
    const std::lock_guard lock(mutex_);
    log_.push_front({event.time, event.event.label, event.event.offset_s - event.event.onset_s,
                     event.event.score.value_or(0), true, false});
    if (log_.size() > kMaxLog) log_.pop_back();
}

void LiveView::ends(const live::LiveEvent& event) {
    const std::lock_guard lock(mutex_);
    const auto started = std::ranges::find_if(
        log_, [&](const LogLine& line) { return line.sounding && line.label == event.event.label; });
    if (started == log_.end()) return;  // already dropped from the log
    started->duration_s = event.event.offset_s - event.event.onset_s;
    started->score = event.event.score.value_or(0);
    started->sounding = false;
}

void LiveView::gap(const live::LiveGap& gap) {
    const std::lock_guard lock(mutex_);
    log_.push_front({gap.time, std::string(capture::gap_cause_name(gap.cause)), gap.offset_s - gap.onset_s, 0,
                     false, true});
    if (log_.size() > kMaxLog) log_.pop_back();
}

void LiveView::turn() {
    std::unique_lock lock(mutex_);
    while (!commands_.empty()) {
        const auto work = std::move(commands_.front());
        commands_.pop_front();
        lock.unlock();
        work();
        lock.lock();
    }
}

void LiveView::say(const std::string& message) {
    const std::lock_guard lock(mutex_);
    message_ = message;
    message_until_ = std::chrono::steady_clock::now() + kMessage;
}

void LiveView::run() {
    leave_signals_to_others();
    while (!stop_) {
        take_over();
        draw();
        // Handle all pending keys before drawing again.
        for (int key = screen_->key(kFrame_ms); key != Screen::none && !stop_; key = screen_->key(0))
            act(key);
    }
    screen_.reset();
}

void LiveView::take_over() {
    taken_.clear();
    {
        const std::lock_guard lock(mutex_);
        taken_.swap(new_samples_);
        scores_ = new_scores_;
        if (std::chrono::steady_clock::now() > message_until_) message_.clear();
    }
    meter_.push(taken_);
    picture_.push(taken_);
}

void LiveView::command(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(work));
}

void LiveView::act(int key) {
    if (in_filter_) {
        act_in_filter(key);
        return;
    }
    switch (key) {
        case 'q':
            command([this] { control_.quit(); });
            return;
        case 'p':
        case ' ':
            command([this] { control_.pause(!control_.is_paused()); });
            return;
        case Screen::up:
        case '+':
            shift_thresholds(kThresholdStep);
            return;
        case Screen::down:
        case '-':
            shift_thresholds(-kThresholdStep);
            return;
        case Screen::right:
        case '\t':
            if (++selected_ >= static_cast<std::ptrdiff_t>(options_.labels.size())) selected_ = -1;
            return;
        case Screen::left:
            if (--selected_ < -1) selected_ = static_cast<std::ptrdiff_t>(options_.labels.size()) - 1;
            return;
        case '/':
            in_filter_ = true;
            return;
        case Screen::escape:
            filter_.clear();
            return;
        case 's':
            command([this] { say(control_.save()); });
            return;
        default:
            return;
    }
}

void LiveView::act_in_filter(int key) {
    if (key == Screen::enter || key == Screen::escape) {
        in_filter_ = false;
        if (key == Screen::escape) filter_.clear();
    } else if (key == Screen::backspace) {
        while (!filter_.empty() && (static_cast<unsigned char>(filter_.back()) & 0xc0) == 0x80)
            filter_.pop_back();
        if (!filter_.empty()) filter_.pop_back();
    } else if (key >= ' ' && key < 256) {
        filter_ += static_cast<char>(key);  // a byte of UTF-8
    }
}

void LiveView::shift_thresholds(double by) {
    for (std::size_t label = 0; label < thresholds_.size(); ++label) {
        if (selected_ >= 0 && selected_ != static_cast<std::ptrdiff_t>(label)) continue;
        if (std::isnan(thresholds_[label])) continue;
        const double threshold = thresholds_[label] = std::clamp(thresholds_[label] + by, 0.01, 1.0);
        command([this, label, threshold] { control_.set_threshold(label, threshold); });
    }
}

bool LiveView::passes(const std::string& label) const { return label.find(filter_) != std::string::npos; }

/// Labels that pass the filter, highest score first.
std::vector<LiveView::Row> LiveView::best_labels() const {
    std::vector<Row> rows;
    for (std::size_t label = 0; label < options_.labels.size(); ++label) {
        if (!passes(options_.labels[label])) continue;
        rows.push_back({label, label < scores_.size() ? scores_[label] : 0});
    }
    std::ranges::stable_sort(rows, std::greater(), &Row::score);
    return rows;
}

}  // namespace earshot::view
