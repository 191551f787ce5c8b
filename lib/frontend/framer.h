#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace earshot::frontend {

/// Cuts a stream of samples into frames that overlap, and hands them on many at once.
///
/// Frame i is the samples from i·hop to i·hop + window, and there are as many as fit into the recording:
/// nothing is made up at its ends. With `lead` and `trail` the recording is continued by its mirror image
/// about its first sample (lead samples before it) and its last one (trail samples after it) and frames are
/// those of the longer signal; a recording that has not more samples than they ask for has no frames then.
class Framer {
 public:
    struct Settings {
        std::size_t window, hop;  // samples, 1 <= hop <= window
        std::size_t lead = 0, trail = 0;
        std::size_t batch;  // frames that are handed on at once where there are as many
    };
    /// Takes `count` frames: the i-th is samples[i·hop] to samples[i·hop + window].
    using Sink = std::function<void(const float* samples, std::size_t count)>;

    explicit Framer(const Settings& settings);

    void push(std::span<const float> samples, const Sink& sink);
    /// Hands on what is whole, were it less than a batch.
    void flush(const Sink& sink);
    /// The end of the recording; reset() is due.
    void finish(const Sink& sink);
    void reset();

 private:
    void append(std::span<const float> samples, const Sink& sink);
    void hand_on(std::size_t count, const Sink& sink);

    Settings settings_;
    std::size_t full_;           // samples of a batch
    std::vector<float> buffer_;  // from the next frame on
    std::vector<float> head_;    // the first samples until the mirror image of them can be made
    std::vector<float> tail_;    // the last ones
    bool started_ = false;
};

}  // namespace earshot::frontend
