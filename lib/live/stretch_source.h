#pragma once

#include <exception>
#include <functional>
#include <optional>

#include "capture/live_source.h"

namespace earshot::live {

/// Splits a live source into recordings, each a stretch of sound without a gap: next() begins one, and read()
/// returns empty at its end.
class StretchSource : public audio::Source {
 public:
    /// @param turn        called several times a second; returns false to end the stretch
    /// @param duration_s  total duration of all stretches and gaps
    StretchSource(capture::LiveSource& source, std::function<bool()> turn,
                  std::optional<double> duration_s = {});

    /// Waits for sound. @return false at the end
    /// @throws what LiveSource::read throws; an exception during read() ends the stretch and is rethrown here
    bool next();
    /// Ends the stretch and the series.
    void stop();

    /// Of the stretch.
    std::int64_t start() const { return start_; }
    const std::optional<capture::Gap>& gap_before() const { return gap_; }
    /// Of the block that read() last returned.
    const capture::BlockTime& time() const { return source_.time(); }

    audio::AudioFormat format() const override { return source_.format(); }
    std::span<const float> read(std::size_t max_frames) override;
    std::optional<std::int64_t> frames() const override { return {}; }
    std::span<const audio::Damage> damage() const override { return source_.damage(); }

 private:
    enum class Wait { sound, stretch_ends, end };
    Wait wait(bool in_stretch);
    std::span<const float> fetch(std::size_t max_frames);

    capture::LiveSource& source_;
    std::function<bool()> turn_;
    std::optional<std::int64_t> end_;  // position
    bool stopped_ = false;
    std::int64_t start_ = 0;
    std::optional<capture::Gap> gap_;
    std::span<const float> held_;  // first block of the next stretch, owned by the source
    std::exception_ptr failure_;
};

}  // namespace earshot::live
