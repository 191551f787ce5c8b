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
    overrun,      // they were not fetched in time: by our reader, or from the device
    device_lost,  // the device went away and came back
    paused,       // pause(true)
};
std::string_view gap_cause_name(GapCause cause);  // "overrun", "device lost", "paused"

/// Samples that were sounding but are not delivered. They keep their place in time.
struct Gap {
    std::int64_t frames = 0;
    GapCause cause = GapCause::overrun;  // of most of them, where there are several
};

/// Where a block of a live source lies in time.
struct BlockTime {
    UtcTime utc;                // of its first sample, by the system clock, smoothed
    std::int64_t position = 0;  // frames since the capture began, those in gaps included
    std::optional<Gap> gap;     // right before the block; position counts it
};

struct CaptureStatistics {
    std::int64_t delivered = 0;  // frames that the reader got
    std::int64_t lost = 0;       // frames in gaps that were overruns or a lost device
    std::int64_t paused = 0;     // frames passed over on request
    int overruns = 0;            // gaps of that cause
    int reconnects = 0;          // times that the device came back
    double buffered_s = 0;       // of sound wait for the reader
    double buffer_s = 0;         // fit
    std::optional<double>
        drift_ppm;  // device clock against the system's, > 0 if it is fast; after half a minute
};

/// Sound as it happens. What the device delivers goes through a buffer of fixed size; if the reader stays
/// away for longer than that, the sound that does not fit is a gap.
/// read(): a block never straddles a gap. It waits for sound and ends (empty, for good) when the user asks to
/// stop (interrupt.h) and what was captured until then has been read, or when the source has an end.
/// It throws Error when the device is lost and may not be waited for, again after what it had captured.
/// damage() tells damage of the sound itself; gaps are no damage. One reader; pause() and statistics() may be
/// called from any thread.
class LiveSource : public audio::Source {
 public:
    enum class Arrival { sound, nothing_yet, end };
    /// Waits until read() would not wait, or `longest` has passed, or the device was lost: for readers with
    /// other things to do meanwhile.
    virtual Arrival wait(std::chrono::milliseconds longest) = 0;
    /// The device has gone and is waited for.
    virtual bool is_lost() const = 0;

    /// Of the block that read() last returned.
    virtual const BlockTime& time() const = 0;
    virtual CaptureStatistics statistics() const = 0;

    /// Leaves out what sounds from now on, as a gap, until pause(false).
    virtual void pause(bool paused) = 0;
    virtual bool is_paused() const = 0;

    std::optional<std::int64_t> frames() const override { return {}; }
};

/// What happens to a capture besides sound, for people.
struct CaptureNotice {
    enum class Kind { lost, waiting, resumed, overrun, clock_step };
    Kind kind;
    std::string text;  // "pulse:usb: connection refused; waiting for it to come back"
};

struct CaptureOptions {
    std::optional<int> rate_hz;           // resampled to this; the device's own rate if not given
    std::optional<int> device_channels;   // asked of the device; all that it has if not given
    audio::ChannelChoice channels;        // of these
    double buffer_s = 10;                 // of sound that may wait for the reader
    double block_s = 0.02;                // how much the device gathers before it hands over: less is sooner
    bool reconnect = true;                // wait for a device that was lost
    bool paced = true;                    // lavfi: in real time; else as fast as it is read, and never a gap
    std::optional<audio::RawFormat> raw;  // `-`: headerless
    /// Called on the capture thread: at most a few times a minute.
    std::function<void(const CaptureNotice&)> notify;
};

/// Opens a device and begins to capture:
///   default        the sound server's default source; without a server, ALSA's default device
///   pulse:NAME     a source of PulseAudio or PipeWire (`pulse:` is the default one)
///   alsa:NAME      a PCM of ALSA: alsa:plughw:1,0
///   lavfi:GRAPH    what a filter graph of libavfilter makes up: lavfi:sine=440
///   rtsp://..., http://..., rtp://...   a stream; so any URL
///   -              standard input, read no faster than it is taken, so never a gap
/// @throws Error if it cannot be opened now, whatever `reconnect` says; UsageError for a name of no such form
std::unique_ptr<LiveSource> open_device(const std::string& device, const CaptureOptions& options);

/// True for what open_device takes, but for files' names.
bool is_device(std::string_view text);

}  // namespace earshot::capture
