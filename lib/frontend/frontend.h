#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace earshot::frontend {

/// Takes one frame: dimension() numbers, valid during the call, and the time of its first sample in seconds.
using FrameSink = std::function<void(std::span<const float> frame, double onset_s)>;

/// Turns a stream of mono samples into frames. Frames are bit-identical however the stream is cut into
/// blocks.
class Frontend {
 public:
    virtual ~Frontend() = default;

    virtual int rate_hz() const = 0;             // of the samples that push takes
    virtual std::size_t dimension() const = 0;   // numbers a frame, D
    virtual double hop_s() const = 0;            // from one frame's first sample to the next one's
    virtual double window_s() const = 0;         // sound that one frame covers
    virtual double lead_s() const { return 0; }  // silence before the recording, where its first frame begins

    /// May delay a few complete frames, to compute many at once.
    /// @throws Error for samples that have no spectrum (NaN, infinite). An exception here, in flush or in
    /// finish, from the sink too, resets the front end.
    virtual void push(std::span<const float> samples, const FrameSink& sink) = 0;
    /// Where samples may be written instead of being copied by push(), which take() then works like; empty if
    /// there is no such place. Anything else but take() ends it.
    virtual std::span<float> room() { return {}; }
    /// @param count  samples written to the front of room(), at most its size
    virtual void take(std::size_t /*count*/, const FrameSink&) {}
    /// Emits frames that push delays: for live sound, whose next block may come late.
    virtual void flush(const FrameSink&) {}
    /// The end of the recording: emits the remaining frames and resets the front end.
    virtual void finish(const FrameSink& sink) = 0;
    /// Resets the front end, for a recording that is abandoned half-way.
    virtual void reset() = 0;

    /// Everything that determines the frames. Travels in the NPZ and in model.json; make_frontend(settings())
    /// computes the same. {"kind": "spectrum", "rate_hz": 44100, ...}
    virtual nlohmann::ordered_json settings() const = 0;
};

/// The kinds of front end that need nothing but their settings: all but `embedding` (embedding.h).
std::vector<std::string> frontend_kinds();

/// Settings to start from, of which some may be changed before make_frontend() gets them.
/// @throws Error for unknown kinds
nlohmann::ordered_json default_frontend(std::string_view kind);

class Pretrained;

/// @param pretrained  the network of the front end `embedding`, which has a shape without it but takes no
/// sound; others need none
/// @throws Error for unknown kinds, missing or out-of-range settings: settings come from untrusted files
std::unique_ptr<Frontend> make_frontend(const nlohmann::ordered_json& settings,
                                        std::shared_ptr<const Pretrained> pretrained = nullptr);

/// The first setting in which two front ends differ, "sample rate 16000 here, 44100 there", or empty.
std::string frontend_difference(const nlohmann::ordered_json& ours, const nlohmann::ordered_json& theirs);

}  // namespace earshot::frontend
