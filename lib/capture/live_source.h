#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/source.h"
#include "support/time_text.h"

namespace earshot::capture {

/// Why samples are missing from a capture.
enum class GapCause {
    overrun,      // not fetched in time, by our reader or from the device
    device_lost,  // the device went away and came back
    paused,       // pause(true)
};
std::string_view gap_cause_name(GapCause cause);  // "overrun", "device lost", "paused"

/// Samples that sounded but are not delivered. Later samples keep their position.
struct Gap {
    std::int64_t frames = 0;
    GapCause cause = GapCause::overrun;  // the main one if there are several
};

/// Position of a block of a live source in time.
struct BlockTime {
    UtcTime utc;                // of its first sample, by the system clock, smoothed
    std::int64_t position = 0;  // frames since the start of the capture, including gaps
    std::optional<Gap> gap;     // just before the block; included in position
};

struct CaptureStatistics {
    std::int64_t delivered = 0;  // frames that the reader received
    std::int64_t lost = 0;       // frames in gaps that were overruns or a lost device
    std::int64_t paused = 0;     // frames omitted by pause()
    int overruns = 0;            // gaps with that cause
    int reconnects = 0;          // times the device came back
    double buffered_s = 0;       // length of sound waiting for the reader
    double buffer_s = 0;         // capacity
    std::optional<double>
        drift_ppm;  // of the device clock against the system's, > 0 if fast; known after half a minute
};

/// Live sound. The device writes to a buffer of fixed size; if the reader falls behind by more than that, the
/// sound that does not fit becomes a gap.
/// read() waits for sound. A block never spans a gap. read() returns empty, for good, when the source ends or
/// the user asks to stop (interrupt.h), after everything captured until then has been read.
/// It throws Error when the device is lost and reconnecting is off, again after everything captured.
/// damage() reports damage of the sound itself, not gaps. One reader; pause() and statistics() may be called
/// from any thread.
class LiveSource : public audio::Source {
 public:
    enum class Arrival { sound, nothing_yet, end };
    /// Waits until read() would not block, `longest` has passed or the device was lost: for readers that do
    /// other work in between.
    virtual Arrival wait(std::chrono::milliseconds longest) = 0;
    /// The device is lost, and the capture tries to reopen it.
    virtual bool is_lost() const = 0;

    /// Time of the block that read() returned last.
    virtual const BlockTime& time() const = 0;
    virtual CaptureStatistics statistics() const = 0;

    /// Drops sound from now on, as a gap, until pause(false).
    virtual void pause(bool paused) = 0;
    virtual bool is_paused() const = 0;

    std::optional<std::int64_t> frames() const override { return {}; }
};

/// An event of a capture, for people.
struct CaptureNotice {
    enum class Kind { lost, waiting, resumed, overrun, clock_step };
    Kind kind;
    std::string text;  // "pulse:usb: connection refused; waiting for it to come back"
};

struct CaptureOptions {
    std::optional<int> rate_hz;          // resampled to this; the device's own rate if not given
    std::optional<int> device_channels;  // requested from the device; all that it has if not given
    audio::ChannelChoice channels;       // selected from these
    double buffer_s = 10;                // capacity of the buffer between device and reader
    double block_s = 0.02;  // length of sound that the device delivers at once: shorter means lower latency
    bool reconnect = true;  // reopen a device that was lost
    bool paced = true;      // lavfi: in real time; else at the speed of the reader, without gaps
    std::optional<audio::RawFormat> raw;  // `-`: headerless
    /// Called on the capture thread: at most a few times a minute.
    std::function<void(const CaptureNotice&)> notify;
};

/// Opens a device and begins to capture:
///   default        the default source of the sound server; without a server, ALSA's default device
///   pulse:NAME     a source of PulseAudio or PipeWire (`pulse:` is the default one)
///   alsa:NAME      a PCM of ALSA: alsa:plughw:1,0
///   lavfi:GRAPH    the output of a filter graph of libavfilter: lavfi:sine=440
///   rtsp://..., http://..., rtp://...   a stream; any URL is
///   -              standard input, read at the speed of the reader, so without gaps
/// @throws Error if it cannot be opened now, even with `reconnect`; UsageError for any other name
std::unique_ptr<LiveSource> open_device(const std::string& device, const CaptureOptions& options);

/// True for names that open_device accepts.
bool is_device(std::string_view text);

}  // namespace earshot::capture
