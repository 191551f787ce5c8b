#include "capture/capture.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>
#include <utility>

#include "audio/decoder.h"
#include "audio/samples.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::capture {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(200);
/// After an overrun, drop blocks until this fraction of the ring is free: one long gap instead of many short
/// ones.
constexpr double kRoomAfterOverrun = 0.25;

std::size_t index(GapCause cause) { return static_cast<std::size_t>(cause); }

/// Leaves signals to the reader, so that they interrupt its waiting.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

UtcTime later(UtcTime time, double frames, int rate_hz) {
    return time + std::chrono::microseconds(std::llround(1e6 * frames / rate_hz));
}

}  // namespace

Capture::Capture(std::string name, DeviceOpener open, const CaptureOptions& options, const Clock& clock)
    : name_(std::move(name)),
      open_(std::move(open)),
      options_(options),
      clock_(clock),
      request_{options.rate_hz, options.device_channels,      options.block_s, options.paced,
               options.raw,     [this] { return stopping(); }},
      device_(open_(request_)),
      device_format_(device_->format()),
      format_{device_format_.rate_hz,
              audio::chosen_channels(options.channels, device_format_.channels, name_)},
      ring_(static_cast<std::size_t>(std::ceil(options.buffer_s * device_format_.rate_hz)),
            static_cast<std::size_t>(device_format_.channels)),
      keeper_(device_format_.rate_hz, clock),
      drift_ppm_(std::numeric_limits<double>::quiet_NaN()) {
    request_.rate_hz = device_format_.rate_hz;
    request_.channels = device_format_.channels;
    thread_ = std::jthread([this] { run(); });
}

Capture::~Capture() {
    stop_ = true;
    popped_.wake();
}

bool Capture::stopping() const { return stop_ || interrupted(); }

void Capture::run() {
    block_signals();
    try {
        while (!stopping()) {
            DeviceBlock block;
            try {
                block = device_->read();
            } catch (const Error& error) {
                if (stopping() || !recover(error.what())) break;
                continue;
            }
            if (!block.samples.empty()) take(block);
            if (block.ended) break;
        }
    } catch (const Interrupted&) {
    } catch (...) {
        failure_ = std::current_exception();
    }
    ended_ = true;
    pushed_.wake();
}

void Capture::take(const DeviceBlock& block) {
    const std::size_t frames = block.samples.size() / static_cast<std::size_t>(device_format_.channels);
    place(block, frames);
    if (paused_) {
        omit(frames, GapCause::paused);
    } else {
        deliver(block.samples);
    }
    if (!device_->can_wait()) publish();
}

/// Finds the place of the block on the time line.
void Capture::place(const DeviceBlock& block, std::size_t frames) {
    const auto begin =
        block.end - std::chrono::duration_cast<SteadyTime::duration>(
                        std::chrono::duration<double>(static_cast<double>(frames) / device_format_.rate_hz));
    if (!started_) {
        started_ = true;
        keeper_.start(0, begin);
    }
    if (block.lost > 0) {
        omit(static_cast<std::size_t>(block.lost), GapCause::overrun);
        ++overruns_;
    }
    if (block.discontinuous && !expected_) expected_ = GapCause::overrun;
    if (expected_) {
        const auto missing = std::max<std::int64_t>(0, keeper_.position_at(begin) - position_);
        omit(static_cast<std::size_t>(missing), *expected_);
        if (*expected_ == GapCause::overrun) ++overruns_;
        expected_.reset();
        keeper_.start(position_, begin);
    }
    if (!device_->can_wait()) keeper_.observe(position_ + static_cast<std::int64_t>(frames), block.end);
}

void Capture::deliver(std::span<const float> samples) {
    const auto channels = static_cast<std::size_t>(device_format_.channels);
    while (!samples.empty()) {
        if (overrun_ &&
            static_cast<double>(ring_.room()) >= kRoomAfterOverrun * static_cast<double>(ring_.capacity()))
            overrun_ends(keeper_.utc(position_));
        const BlockTime time{keeper_.utc(position_), position_, gap_before()};
        const std::size_t taken = overrun_ ? 0 : ring_.push(time, samples);
        if (taken > 0) {
            gap_ = {};
            position_ += static_cast<std::int64_t>(taken);
            samples = samples.subspan(taken * channels);
            pushed_.wake();
        } else if (device_->can_wait()) {
            if (stopping()) return;
            popped_.wait(kPoll);
        } else {
            if (!std::exchange(overrun_, true)) ++overruns_;
            omit(samples.size() / channels, GapCause::overrun);
            return;
        }
    }
}

void Capture::overrun_ends(UtcTime utc) {
    overrun_ = false;
    const double seconds = static_cast<double>(gap_[index(GapCause::overrun)]) / device_format_.rate_hz;
    notify(CaptureNotice::Kind::overrun,
           fmt::format("{}: overrun: {:.3f} s before {} lost because the reader was too slow", name_, seconds,
                       utc_text(utc)));
}

void Capture::omit(std::size_t frames, GapCause cause) {
    gap_[index(cause)] += static_cast<std::int64_t>(frames);
    omitted_[index(cause)] += static_cast<std::int64_t>(frames);
    position_ += static_cast<std::int64_t>(frames);
}

std::optional<Gap> Capture::gap_before() const {
    const auto total = gap_[0] + gap_[1] + gap_[2];
    if (total == 0) return {};
    const auto most = std::ranges::max_element(gap_) - gap_.begin();
    return Gap{total, static_cast<GapCause>(most)};
}

/// @return false if the capture must end
bool Capture::recover(const std::string& what) {
    device_.reset();
    if (!options_.reconnect) throw Error(what);
    lost_ = true;
    pushed_.wake();
    notify(CaptureNotice::Kind::lost, what + " (waiting for it to come back)");
    back_off_.reset();
    while (!device_) {
        clock_.sleep_until(clock_.steady() + back_off_.next(), [this] { return stopping(); });
        if (stopping()) return false;
        device_ = reopen();
    }
    lost_ = false;
    expected_ = GapCause::device_lost;
    ++reconnects_;
    notify(CaptureNotice::Kind::resumed, fmt::format("{}: reconnected", name_));
    return true;
}

/// @return null if the device is still missing
std::unique_ptr<Device> Capture::reopen() {
    std::unique_ptr<Device> device;
    try {
        device = open_(request_);
    } catch (const Error&) {
        return nullptr;
    }
    const audio::AudioFormat now = device->format();
    if (now != device_format_)
        throw Error(fmt::format("{}: came back with {} Hz and {} channels instead of {} Hz and {}", name_,
                                now.rate_hz, now.channels, device_format_.rate_hz, device_format_.channels));
    return device;
}

void Capture::publish() {
    if (const auto drift = keeper_.drift_ppm()) drift_ppm_ = *drift;
    if (const auto step = keeper_.clock_step())
        notify(CaptureNotice::Kind::clock_step, fmt::format("the system clock was set {} by {:.3f} s",
                                                            *step > 0 ? "forward" : "back", std::abs(*step)));
}

void Capture::notify(CaptureNotice::Kind kind, std::string text) {
    if (options_.notify) options_.notify({kind, std::move(text)});
}

void Capture::release() {
    if (held_ == 0) return;
    ring_.pop(std::exchange(held_, 0));
    popped_.wake();
}

LiveSource::Arrival Capture::wait(std::chrono::milliseconds longest) {
    release();
    for (int attempt = 0; attempt < 2; ++attempt) {
        const bool ended = ended_;  // loaded first, so that blocks pushed before the end are seen
        if (!ring_.empty()) return Arrival::sound;
        if (ended) return Arrival::end;
        if (attempt == 0) pushed_.wait(longest);
    }
    return Arrival::nothing_yet;
}

std::span<const float> Capture::read(std::size_t max_frames) {
    Arrival arrival;
    do {
        arrival = wait(kPoll);
    } while (arrival == Arrival::nothing_yet);
    if (arrival == Arrival::end) {
        end();
        return {};
    }
    const auto front = ring_.front(max_frames);
    held_ = front->samples.size() / static_cast<std::size_t>(device_format_.channels);
    time_ = front->time;
    if (front->offset > 0) {
        time_.gap.reset();
        time_.position += static_cast<std::int64_t>(front->offset);
        time_.utc = later(time_.utc, static_cast<double>(front->offset), format_.rate_hz);
    }
    delivered_ += static_cast<std::int64_t>(held_);
    damage_.clean(front->samples, static_cast<double>(time_.position) / format_.rate_hz);
    return audio::choose_channels(front->samples, device_format_.channels, options_.channels);
}

void Capture::end() {
    if (failure_) std::rethrow_exception(failure_);
    if (!device_) return;
    for (const audio::Damage& damage : device_->damage()) damage_.add(damage.position_s, damage.what);
    device_.reset();
}

CaptureStatistics Capture::statistics() const {
    CaptureStatistics now;
    now.delivered = delivered_;
    now.lost = omitted_[index(GapCause::overrun)] + omitted_[index(GapCause::device_lost)];
    now.paused = omitted_[index(GapCause::paused)];
    now.overruns = overruns_;
    now.reconnects = reconnects_;
    now.buffered_s = static_cast<double>(ring_.size()) / format_.rate_hz;
    now.buffer_s = static_cast<double>(ring_.capacity()) / format_.rate_hz;
    if (const double drift = drift_ppm_; !std::isnan(drift)) now.drift_ppm = drift;
    return now;
}

}  // namespace earshot::capture
