#include "tools/record/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "support/error.h"

namespace earshot::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kWait = std::chrono::milliseconds(200);
constexpr auto kTick = std::chrono::seconds(1);
constexpr auto kReport = std::chrono::minutes(10);

std::string describe(const capture::CaptureStatistics& statistics, int rate_hz) {
    const auto seconds = [&](std::int64_t frames) { return static_cast<double>(frames) / rate_hz; };
    std::string text =
        fmt::format("{:.3f} s recorded, {:.3f} s lost in {} overrun{}", seconds(statistics.delivered),
                    seconds(statistics.lost), statistics.overruns, statistics.overruns == 1 ? "" : "s");
    if (statistics.reconnects > 0) text += fmt::format(", {} reconnects", statistics.reconnects);
    if (statistics.paused > 0) text += fmt::format(", {:.3f} s paused", seconds(statistics.paused));
    if (statistics.drift_ppm) text += fmt::format(", device clock {:+.1f} ppm", *statistics.drift_ppm);
    return text;
}

/// Periodic work, rather than work per block.
class Housekeeping {
 public:
    Housekeeping(capture::LiveSource& source, Sink& sink, Console& console)
        : source_(source), sink_(sink), console_(console) {
        console_.start_progress("record", {});
    }
    ~Housekeeping() { console_.end_progress(); }

    void turn() {
        const auto now = Clock::now();
        if (now - ticked_ < kTick) return;
        ticked_ = now;
        sink_.tick();
        console_.progress(0, source_.is_lost()     ? "waiting for the device"
                             : source_.is_paused() ? "paused"
                                                   : sink_.summary());
        if (now - reported_ < kReport) return;
        reported_ = now;
        report();
    }
    void report() { console_.detail(describe(source_.statistics(), source_.format().rate_hz)); }

 private:
    capture::LiveSource& source_;
    Sink& sink_;
    Console& console_;
    Clock::time_point ticked_ = Clock::now(), reported_ = Clock::now();
};

/// Counts frames of the time line up to --duration.
class Limit {
 public:
    Limit(std::optional<double> duration_s, int rate_hz)
        : frames_(duration_s ? std::llround(*duration_s * rate_hz)
                             : std::numeric_limits<std::int64_t>::max()),
          end_(duration_s && *duration_s < 1e9
                   ? Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(*duration_s))
                   : Clock::time_point::max()) {}

    /// The part of a block that is within the limit.
    std::span<const float> cut(std::span<const float> block, std::int64_t position, int channels) {
        const auto frames = static_cast<std::int64_t>(block.size()) / channels;
        const auto within = std::clamp<std::int64_t>(frames_ - position, 0, frames);
        reached_ = position + frames >= frames_;
        return block.first(static_cast<std::size_t>(within * channels));
    }
    bool reached() const { return reached_; }
    /// By the clock, for when no sound arrives.
    bool passed() const { return Clock::now() >= end_; }

 private:
    const std::int64_t frames_;
    const Clock::time_point end_;
    bool reached_ = false;
};

void run(capture::LiveSource& source, Sink& sink, Control& control, const RecordOptions& options,
         Housekeeping& housekeeping) {
    const audio::AudioFormat format = source.format();
    Limit limit(options.duration_s, format.rate_hz);
    while (!limit.reached()) {
        if (const auto wanted = control.changed()) source.pause(!*wanted);
        housekeeping.turn();
        switch (source.wait(kWait)) {
            case capture::LiveSource::Arrival::nothing_yet:
                if (source.is_paused() || source.is_lost()) {
                    sink.idle();
                    if (limit.passed()) return;
                }
                break;
            case capture::LiveSource::Arrival::sound:
            case capture::LiveSource::Arrival::end:
                auto block = source.read(static_cast<std::size_t>(format.rate_hz));
                if (block.empty()) return;
                block = limit.cut(block, source.time().position, format.channels);
                if (!block.empty()) sink.push(source.time(), block);
        }
    }
}

}  // namespace

void record_session(capture::LiveSource& source, Sink& sink, Control& control, const RecordOptions& options,
                    Console& console) {
    Housekeeping housekeeping(source, sink, console);
    try {
        run(source, sink, control, options, housekeeping);
    } catch (const WriteError&) {
        throw;  // of the sink, which has nothing more to save
    } catch (const Error&) {
        sink.close();
        throw;
    }
    sink.close();
    for (const audio::Damage& damage : source.damage())
        console.warning(fmt::format("{} at {:.3f} s", damage.what, damage.position_s));
    housekeeping.report();
}

}  // namespace earshot::tools
