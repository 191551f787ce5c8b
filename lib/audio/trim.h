#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "audio/decoder.h"

namespace earshot::audio {

/// A part of a recording. Its first sample is the one nearest to start_s.
class TrimmedSource : public Source {
 public:
    /// @param name  of the recording, for messages
    /// @throws Error if the recording ends before start_s
    TrimmedSource(std::unique_ptr<Decoder> decoder, double start_s, std::optional<double> duration_s,
                  const std::string& name);

    AudioFormat format() const override { return decoder_->format(); }
    std::span<const float> read(std::size_t max_frames) override;
    std::size_t read_into(std::span<float> destination) override;
    std::optional<std::int64_t> frames() const override;
    std::span<const Damage> damage() const override { return decoder_->damage(); }

 private:
    std::unique_ptr<Decoder> decoder_;
    std::int64_t start_ = 0;
    std::int64_t left_ = INT64_MAX;  // frames still to be read, at most
    std::int64_t length_ = INT64_MAX;
};

}  // namespace earshot::audio
